// A folder with one SQLite file for each test of a file, as the store opens it and as another program reads it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach } from 'vitest';
import { shop } from '../../src/shop/shop.ts';
import type { Store } from '../../src/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { type OpenDatabase, openDatabase } from '../../src/stores/sqlite-open.ts';
import { writeHere } from './write-here.ts';

export const createFolder = () => mkdtempSync(join(tmpdir(), 'orderchart-'));
export const removeFolder = (folder: string) => rmSync(folder, { recursive: true });

export const useFile = () => {
  let folder: string;
  beforeEach(() => {
    folder = createFolder();
  });
  afterEach(() => removeFolder(folder));
  const path = () => join(folder, 'orders.db');
  return {
    folder: () => folder,
    path,
    /** The file as another program reads it. */
    query: (sql: string): unknown[] => {
      const connection = new DatabaseSync(path(), { readOnly: true });
      try {
        return connection
          .prepare(sql)
          .all()
          .map((row) => ({ ...row }));
      } finally {
        connection.close();
      }
    },
    withStore: async <T>(use: (store: Store, database: OpenDatabase) => Promise<T>): Promise<T> => {
      const database = openDatabase(path(), shop);
      const store = createSqliteStore(writeHere(database), shop.tables);
      try {
        return await use(store, database);
      } finally {
        await store.close();
      }
    },
  };
};
