// One PostgreSQL server for all files of a vitest run. It is started when the first file asks for it, so that runs without such a file
// wait for nothing. TEST_DATABASE_URL names a server to use instead: its role has to be allowed to create databases.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgres } from './start-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the URL of the server. */
    postgresDesk: string;
  }
}

export default async (project: TestProject): Promise<() => Promise<void>> => {
  let starting: Promise<PostgresServer> | undefined;
  const findUrl = async (): Promise<string> => {
    const other = process.env['TEST_DATABASE_URL'];
    if (other) return other;
    starting ??= startPostgres();
    return (await starting).url;
  };
  const desk = createServer(async (_request, response) => {
    try {
      response.end(await findUrl());
    } catch (error) {
      response.statusCode = 503;
      response.end(error instanceof Error ? error.message : String(error));
    }
  });
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  const address = desk.address();
  if (address === null || typeof address === 'string') throw new Error('The desk has no port.');
  project.provide('postgresDesk', `http://127.0.0.1:${address.port}`);
  return async () => {
    desk.closeAllConnections();
    desk.close();
    // Whoever asked for a server that did not start was told so.
    const server = await starting?.catch(() => undefined);
    await server?.stop();
  };
};
