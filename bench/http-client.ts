// HTTP/1.1 over a kept connection with as little code as is right for one known server: one request at a time,
// answers with a content length. It exists because a client that works harder than the server would be what is
// measured: both share the machine.
import { connect, type Socket } from 'node:net';

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpConnection {
  ask(method: string, path: string, headers?: string, body?: string): Promise<HttpAnswer>;
  close(): void;
}

const readAnswer = (text: string): { readonly answer: HttpAnswer; readonly length: number } | undefined => {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const end = headEnd + 4 + length;
  if (text.length < end) return undefined;
  return { answer: { status: Number(head.slice(9, 12)), body: text.slice(headEnd + 4, end) }, length: end };
};

export const openConnection = (port: number): HttpConnection => {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let text = '';
  let waiting: PromiseWithResolvers<HttpAnswer> | undefined;
  // The answers are ASCII: a character is a byte.
  socket.setEncoding('latin1');
  socket.on('data', (data) => {
    text += String(data);
    const found = readAnswer(text);
    if (found === undefined) return;
    text = text.slice(found.length);
    waiting?.resolve(found.answer);
  });
  socket.on('error', (error) => waiting?.reject(error));
  socket.on('close', () => waiting?.reject(new Error('the server closed the connection')));
  return {
    ask: (method, path, headers = '', body = '') => {
      waiting = Promise.withResolvers<HttpAnswer>();
      const about = body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}${about}\r\n${body}`);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
};

/** Calls `tell` with each line of an event stream; the returned function leaves it. */
export const openStream = async (
  port: number,
  path: string,
  tell: (line: string) => void,
): Promise<() => void> => {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const opened = Promise.withResolvers<void>();
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (data) => {
    opened.resolve();
    const lines = `${rest}${String(data)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
  });
  socket.on('error', opened.reject);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await opened.promise;
  return () => socket.destroy();
};
