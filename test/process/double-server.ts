// The HTTP server of a test double: a process of its own on any free port that takes and returns JSON, and can also
// cut a connection or stay silent. It ends in order on SIGTERM, and when its parent process is gone.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { DoubleResponse } from './fault-rates.ts';

/** By method and path, such as `POST /messages`. */
type Routes = Readonly<Record<string, (body: unknown) => Promise<DoubleResponse>>>;

/** Serves until SIGTERM, or until its input ends; then calls `close` and ends the process. */
export const serveDouble = (routes: Routes, close: () => Promise<void>): void => {
  const server = createServer((request, response) => {
    void respond(routes, request, response);
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
    const { port } = addressSchema.parse(server.address());
    console.log(`listens on http://127.0.0.1:${port}`);
  });
};

const addressSchema = z.object({ port: z.int() });

const respond = async (routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const answer = await handle(routes, request);
  if (answer === 'cut') response.destroy();
  if (typeof answer === 'string') return;
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer.body ?? {}));
};

const handle = async (routes: Routes, request: IncomingMessage): Promise<DoubleResponse> => {
  try {
    const body = await text(request);
    const route = routes[`${request.method} ${request.url}`];
    return route === undefined ? { status: 404 } : await route(body === '' ? undefined : JSON.parse(body));
  } catch (error) {
    // A malformed request, or one whose client is gone, gets no answer; the test sees this line.
    console.error(`${request.method} ${request.url}: ${error}`);
    return 'cut';
  }
};
