// The HTTP of a double: a process of its own on any free port of this machine that takes JSON, gives JSON, and
// can also cut the line or stay silent. It ends politely on SIGTERM, and with whoever started it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Reply } from './trouble.ts';

/** By method and path, such as `POST /messages`. */
type Routes = Readonly<Record<string, (body: unknown) => Promise<Reply>>>;

/** Serves until SIGTERM, or until its input ends; then `close` is called, and the process can end. */
export const serveDouble = (routes: Routes, close: () => Promise<void>): void => {
  const server = createServer((request, response) => {
    void answer(routes, request, response);
  });
  const stop = () => {
    server.close(() => {
      void close().then(() => process.exit(0));
    });
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.stdin.once('end', stop).resume();
  server.listen(0, '127.0.0.1', () => {
    const { port } = address.parse(server.address());
    console.log(`listens on http://127.0.0.1:${port}`);
  });
};

const address = z.object({ port: z.int() });

const answer = async (routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const reply = await reach(routes, request);
  if (reply === 'cut') response.destroy();
  if (typeof reply === 'string') return;
  response.writeHead(reply.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(reply.body ?? {}));
};

const reach = async (routes: Routes, request: IncomingMessage): Promise<Reply> => {
  try {
    const body = await text(request);
    const route = routes[`${request.method} ${request.url}`];
    return route === undefined ? { status: 404 } : await route(body === '' ? undefined : JSON.parse(body));
  } catch (error) {
    // Who asks in a way that is not understood, or leaves while asking, is told nothing; the test sees this.
    console.error(`${request.method} ${request.url}: ${error}`);
    return 'cut';
  }
};
