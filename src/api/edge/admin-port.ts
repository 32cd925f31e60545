// A port of its own for what only those who run the service need: the same API, on a second server. On the first one, those
// routes are then missing.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '../../config.ts';
import { toListeningAddress } from '../../listening-address.ts';

export interface AdminPort {
  /** Whether the request came to a port on which its route is. */
  has(request: FastifyRequest): boolean;
  /** Listens at HOST and ADMIN_PORT, and resolves with the address; undefined without ADMIN_PORT. */
  listen(app: FastifyInstance): Promise<string | undefined>;
  /** Takes no more connections, and resolves once those that it took have ended, as closing `app` ends them. */
  close(): Promise<void>;
}

export const createAdminPort = ({
  ADMIN_PORT: port,
  HOST: host,
}: Pick<Settings, 'ADMIN_PORT' | 'HOST'>): AdminPort => {
  const sockets = new WeakSet<Socket>();
  let server: Server | undefined;
  return {
    has: ({ routeOptions, raw }) =>
      port === undefined || routeOptions.config.isAdmin !== true || sockets.has(raw.socket),
    listen: async (app) => {
      if (port === undefined) return undefined;
      // Its connections are the first server's, with all the limits and refusals that it has. The options are Node's own for HTTP.
      server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        sockets.add(socket);
        app.server.emit('connection', socket);
      });
      server.listen(port, host);
      await once(server, 'listening');
      return toListeningAddress(server);
    },
    close: async () => {
      if (server?.listening !== true) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
};
