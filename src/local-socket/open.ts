// Makes the local socket of a service, if its store can have one. The server is loaded only then: what does not serve
// goes without.
import type { FastifyInstance } from 'fastify';
import type { Application } from '../application.ts';
import { chartVersionsOf } from '../chart-versions.ts';
import type { LocalSocket } from '../local-socket.ts';
import { readPackageVersion } from '../package-version.ts';
import type { LocalSocketParts } from './server.ts';
import { hasLocalSockets } from './socket-path.ts';

interface Serving extends Pick<LocalSocketParts, 'logger' | 'addRoutes'> {
  /** Undefined for a store that is no file of ours. */
  readonly databasePath: string | undefined;
  readonly application: Pick<Application, 'chartVersion' | 'otherVersions'>;
  /** The public API. */
  readonly api: Pick<FastifyInstance, 'server' | 'listeningOrigin'>;
}

/** A local socket that does not listen yet, or undefined for a store in memory (and on Windows). */
export const openLocalSocket = async ({
  databasePath,
  application,
  api,
  ...parts
}: Serving): Promise<LocalSocket | undefined> => {
  if (databasePath === undefined || !hasLocalSockets) return undefined;
  const { createLocalSocket } = await import('./server.ts');
  const version = readPackageVersion();
  return createLocalSocket({
    ...parts,
    databasePath,
    describe: () => ({
      version,
      pid: process.pid,
      address: api.server.listening ? api.listeningOrigin : null,
      chartVersions: [...chartVersionsOf(application)],
    }),
  });
};
