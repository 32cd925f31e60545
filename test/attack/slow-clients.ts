// Clients that send a byte a second, from when they are started: one in its headers, one in its body, one in its chunks.
import { connect } from 'node:net';
import { readAll } from '../api/connections.ts';

const head =
  'POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: slow\r\n';
const starts = [
  head,
  `${head}Content-Length: 1000\r\n\r\n{`,
  `${head}Transfer-Encoding: chunked\r\n\r\n100\r\n{`,
];

/** Resolves with what each got, when it was cut off. */
export const startSlowClients = (port: number): (() => Promise<string[]>) => {
  const reading = starts.map(async (start) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(start);
    const timer = setInterval(() => socket.write('a'), 1000);
    const text = await readAll(socket).catch(() => '');
    clearInterval(timer);
    socket.destroy();
    return text;
  });
  return () => Promise.all(reading);
};
