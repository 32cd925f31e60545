// Servers that a service over HTTP may be, good and bad: whole answers over HTTP, and bare sockets that say what they like.
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { untrusted } from './untrusted-certificate.ts';

export interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const open = async (server: Server, scheme: string): Promise<string> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  // With a port, `address` is what this type says.
  const { port } = server.address() as AddressInfo;
  return `${scheme}://127.0.0.1:${port}/commands`;
};

type Handler = (response: http.ServerResponse, seen: Seen) => void;

/** A server that reads each request whole, notes it, and then does what `handle` does. */
export const openServer = async (handle: Handler, isSecure = false) => {
  const seen: Seen[] = [];
  const listener: http.RequestListener = (request, response) => {
    text(request).then(
      (body) => {
        const noted = { headers: request.headers, body };
        seen.push(noted);
        handle(response, noted);
      },
      () => undefined,
    );
  };
  const server = isSecure ? https.createServer(untrusted, listener) : http.createServer(listener);
  return { seen, url: await open(server, isSecure ? 'https' : 'http') };
};

/** A server of bare sockets. */
export const openSockets = async (handle: (socket: Socket) => void, scheme = 'http'): Promise<string> =>
  open(
    createServer((socket) => {
      socket.on('error', () => undefined);
      handle(socket);
    }),
    scheme,
  );

/** An address at which nobody listens. */
export const closedUrl = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `http://127.0.0.1:${port}/`;
};
