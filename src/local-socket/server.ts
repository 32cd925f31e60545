// The service's end of the local socket: HTTP on a Unix socket beside the database, for the user who runs the service
// alone. It knows the route that describes the service; others are given to it.
import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import Fastify, { type FastifyBaseLogger, type FastifyReply, LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import {
  type LocalApi,
  type LocalSocket,
  type ServiceDescription,
  serviceDescription,
  toLocalError,
} from '../local-socket.ts';
import {
  codeOf,
  isUnanswered,
  toFolderPrefix,
  toSocketAddress,
  toSocketPath,
  toUnusable,
} from './socket-path.ts';

export interface LocalSocketParts {
  readonly databasePath: string;
  readonly logger: FastifyBaseLogger;
  describe(): ServiceDescription;
  /** Adds the routes of commands. */
  addRoutes?(api: LocalApi): void;
}

/** Makes the service's end; it does not listen yet. The caller holds the lock of the database. */
export const createLocalSocket = (parts: LocalSocketParts): LocalSocket => {
  const path = toSocketPath(parts.databasePath);
  const api = createLocalApi(parts, path);
  return {
    path,
    listen: async () => {
      await refuseOccupied(path);
      try {
        await listenPrivately(api, path);
      } catch (error) {
        throw error instanceof AppError ? error : toUnusable(path, error);
      }
    },
    close: async () => {
      const isListening = api.server.listening;
      await api.close();
      if (isListening && isSocket(path)) rmSync(path, { force: true });
    },
    abandonRequests: () => api.server.closeAllConnections(),
  };
};

const createLocalApi = ({ logger, describe, addRoutes }: LocalSocketParts, path: string): LocalApi => {
  const api = Fastify({
    // Fastify itself would say where it listens, and that twice.
    loggerInstance: logger.child({}, { level: 'warn' }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  }).withTypeProvider<ZodTypeProvider>();
  api.setValidatorCompiler<z.core.$ZodType>(({ schema }) => (given) => {
    const checked = z.core.safeParse(schema, given);
    if (checked.success) return { value: checked.data };
    return { error: new AppError('invalid-request', z.prettifyError(checked.error)) };
  });
  api.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  api.setErrorHandler((error, _request, reply) => refuse(reply, error, logger));
  api.setNotFoundHandler((request, reply) => {
    const message = `it has no ${request.method} ${request.url}`;
    return reply.code(404).send({ code: 'route-not-found', message, details: {} });
  });
  api.get('/service', { schema: { response: { 200: serviceDescription } } }, async () => describe());
  addRoutes?.(api);
  api.addHook('onListen', async () => logger.info({ path }, 'the local socket accepts requests'));
  return api;
};

const refuse = (reply: FastifyReply, error: unknown, logger: FastifyBaseLogger): FastifyReply => {
  if (error instanceof AppError) return reply.code(409).send(toLocalError(error));
  if (codeOf(error)?.startsWith('FST_ERR_CTP_') && error instanceof Error) {
    return reply.code(400).send(toLocalError(new AppError('invalid-request', error.message)));
  }
  logger.error({ err: error }, 'a request of the local socket failed');
  return reply.code(500).send(toLocalError(error));
};

const isSocket = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;

/**
 * Refuses a place where something is that no killed service left.
 * @throws AppError `local-socket-unusable`
 */
const refuseOccupied = async (path: string): Promise<void> => {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  if (!isSocket(path)) {
    const message = `${path} is not a socket, and the service's local socket belongs there. It was not changed; move it away and start again.`;
    throw new AppError('local-socket-unusable', message, { path });
  }
  if (!(await isAnswered(path))) return;
  const message = `Another program listens at ${path}, where the service's local socket belongs. Stop it and start again.`;
  throw new AppError('local-socket-unusable', message, { path });
};

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((answered, failed) => {
    const socket = connect(toSocketAddress(path));
    socket.once('connect', () => {
      socket.destroy();
      answered(true);
    });
    socket.once('error', (error) =>
      isUnanswered(error) ? answered(false) : failed(toUnusable(path, error)),
    );
  });

/**
 * Listens at `path`, and at no moment can another user connect: the socket is made in a folder that is private from the
 * first (0700), made private itself (0600), and moved to its place, where it replaces one that a killed service left.
 */
const listenPrivately = async (api: LocalApi, path: string): Promise<void> => {
  toSocketAddress(path);
  const folder = mkdtempSync(toFolderPrefix(path));
  try {
    const made = join(folder, 's');
    await api.listen({ path: toSocketAddress(made), listenTextResolver: () => `Local socket ${path}` });
    chmodSync(made, 0o600);
    renameSync(made, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
