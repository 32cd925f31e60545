// A SQLite store to be used up: a real file in a folder of its own that goes with it. It does not wait for the
// disk, and so it keeps nothing over a power cut; it exists for simulations, which lose processes and not power.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence } from '../evidence.ts';
import type { Store } from '../store.ts';
import { createSqliteStore } from './sqlite.ts';
import { openEvidence } from './sqlite-evidence.ts';
import { openDatabase } from './sqlite-open.ts';

/** Opens a new, empty store. `evidence` takes the time of the picture (ms since 1970). */
export const openScratchStore = (): {
  readonly store: Store;
  evidence(now: number): Evidence;
  remove(): Promise<void>;
} => {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-simulation-'));
  const path = join(folder, 'store.db');
  const database = openDatabase(path);
  database.writer.exec('PRAGMA synchronous = OFF');
  const store = createSqliteStore(database);
  return {
    store,
    evidence: (now) => openEvidence(path, now),
    remove: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
