// The PostgreSQL database of a test file: its own, empty before each test, dropped at the end. Declare it before what connects
// to it, so that connections are closed first.
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import { createDatabase, type Database } from './database.ts';

/** The server of this run (global-setup.ts): for files that need several databases. No file may stop it. */
export const findServer = async (): Promise<string> => {
  const response = await fetch(inject('postgresDesk'));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
};

export const useDatabase = () => {
  let database: Database;
  beforeAll(async () => {
    database = await createDatabase(await findServer());
  });
  beforeEach(() => database.empty());
  afterAll(() => database.drop());
  return { url: () => database.url };
};
