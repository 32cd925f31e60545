// A reverse proxy as shops have one: it takes a path of its own off each address, gives the service another Host, and
// says in X-Forwarded-* what the client asked for. It passes WebSockets and streams on, and changes no answer.
import { createServer, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';

interface Proxy extends AsyncDisposable {
  readonly origin: string;
}

/** Answers 404 for whatever is not under `path`; `protocol` is what it says that clients came over. */
export const startProxy = async (
  path: string,
  target: () => string,
  protocol: 'http' | 'https' = 'http',
): Promise<Proxy> => {
  const pass = ({ method, url = '/', headers, socket }: IncomingMessage) => {
    const { hostname, port } = new URL(target());
    return request({
      hostname,
      port,
      method,
      path: url.slice(path.length) || '/',
      headers: {
        ...headers,
        host: `${hostname}:${port}`,
        'x-forwarded-for': socket.remoteAddress,
        'x-forwarded-host': headers.host,
        'x-forwarded-proto': protocol,
      },
      agent: false,
    });
  };
  const isUnder = ({ url = '/' }: IncomingMessage): boolean => url === path || url.startsWith(`${path}/`);
  const server = createServer((incoming, outgoing) => {
    if (!isUnder(incoming)) {
      outgoing.writeHead(404).end('elsewhere');
      return;
    }
    const passed = pass(incoming)
      .on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      })
      .on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  server.on('upgrade', (incoming: IncomingMessage, client: Duplex) => {
    const close = () => client.destroy();
    pass(incoming)
      .on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
        client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
        client.on('error', () => socket.destroy()).pipe(socket);
        socket.on('error', close).pipe(client);
      })
      .on('response', ({ statusCode }) =>
        client.end(`HTTP/1.1 ${statusCode} Refused\r\nContent-Length: 0\r\n\r\n`),
      )
      .on('error', close)
      .end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
