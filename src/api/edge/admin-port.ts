// A port of its own for what only those who run the service need: the same API, on a second server. On the first one, those
// routes are then missing.
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '../../config.ts';

export interface AdminPort {
  /** Whether the request came to a port on which its route is. */
  has(request: FastifyRequest): boolean;
  /** Listens at HOST and ADMIN_PORT, and resolves with the address; undefined without ADMIN_PORT. */
  listen(app: FastifyInstance): Promise<string | undefined>;
}

const toAddress = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

export const createAdminPort = ({
  ADMIN_PORT: port,
  HOST: host,
}: Pick<Settings, 'ADMIN_PORT' | 'HOST'>): AdminPort => {
  const sockets = new WeakSet<Socket>();
  return {
    has: ({ routeOptions, raw }) =>
      port === undefined || routeOptions.config.isAdmin !== true || sockets.has(raw.socket),
    listen: async (app) => {
      if (port === undefined) return undefined;
      const server = createServer(app.routing);
      server.requestTimeout = app.server.requestTimeout;
      server.headersTimeout = app.server.headersTimeout;
      server.on('connection', (socket) => sockets.add(socket));
      for (const event of ['upgrade', 'clientError'] as const) {
        server.on(event, (...given: unknown[]) => app.server.emit(event, ...given));
      }
      app.server.once('close', () => server.close());
      await new Promise<void>((listening, failed) => {
        server.once('error', failed).listen(port, host, listening);
      });
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address : { address: host, port };
      return toAddress(bound.address, bound.port);
    },
  };
};
