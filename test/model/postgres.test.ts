// Any sequence of actions is the same on a server over PostgreSQL and in the model.
import { afterAll, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/main.ts';
import { shop } from '../../src/shop/shop.ts';
import { createDatabase, type Database } from '../support/postgres/database.ts';
import { findServer } from '../support/postgres/use-database.ts';
import { compareSequences } from './compare-sequences.ts';
import { openServer } from './server-process.ts';

const numRuns = 8;

const databases: Database[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

test('any sequence of actions is the same on a server over PostgreSQL and in the model', {
  timeout: 240_000,
}, async () => {
  const seen = await compareSequences(
    async (settings) => {
      const database = await createDatabase(await findServer());
      databases.push(database);
      return openServer(settings, await openPostgresStore(database.url, shop));
    },
    { seed: 2, numRuns },
  );
  expect([...seen].sort()).toEqual(['answer', 'crash', 'fact', 'move', 'place', 'wait']);
});
