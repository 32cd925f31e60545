// A port of its own for what only those who run the service need: a second way to the same HTTP server, with its limits and
// time-outs. On the first port, those routes are then missing.
import type { IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { isForwarded } from '../../callers.ts';
import type { Settings } from '../../config.ts';
import { limits } from '../../limits.ts';
import { toListeningAddress } from '../../listening-address.ts';

export interface AdminPort {
  /** Whether the request came to the port on which routes for those who run the service are. */
  isHere(request: IncomingMessage): boolean;
  /** Whether it came to ADMIN_PORT, and through no proxy: PUBLIC_URL is not how its client reached the service. */
  isDirect(request: IncomingMessage): boolean;
  /** Listens at HOST and ADMIN_PORT, and resolves with the address; undefined without ADMIN_PORT. */
  listen(app: FastifyInstance): Promise<string | undefined>;
  /** Takes in nothing new; resolves when its connections have ended, which is up to the HTTP server. */
  close(): Promise<void>;
}

export const createAdminPort = ({
  ADMIN_PORT: port,
  HOST: host,
}: Pick<Settings, 'ADMIN_PORT' | 'HOST'>): AdminPort => {
  const sockets = new WeakSet<Socket>();
  let server: Server | undefined;
  return {
    isHere: ({ socket }) => port === undefined || sockets.has(socket),
    isDirect: ({ socket, headers }) => sockets.has(socket) && !isForwarded(headers),
    listen: async (app) => {
      if (port === undefined) return undefined;
      const opened = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        sockets.add(socket);
        app.server.emit('connection', socket);
      });
      await new Promise<void>((listening, failed) => {
        opened.once('error', failed).listen({ port, host, backlog: limits.backlog }, listening);
      });
      server = opened;
      return toListeningAddress(opened);
    },
    close: async () => {
      const open = server;
      if (open !== undefined) await new Promise<void>((closed) => open.close(() => closed()));
    },
  };
};
