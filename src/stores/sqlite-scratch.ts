// A disposable SQLite store: a real file in a folder of its own, which is removed with it. It does not wait for the
// disk, so it survives no power cut: simulations lose processes, not power.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditSource } from '../audit-source.ts';
import type { ChangeRow, NodeLink } from '../node-link.ts';
import type { Store } from '../store.ts';
import { createSharedState, shareFile } from './shared-scratch.ts';
import { createSqliteStore } from './sqlite.ts';
import { openAuditSource } from './sqlite-audit-source.ts';
import { openDatabase, type TableOwner } from './sqlite-open.ts';
import { createInlineWriter, type Writer } from './sqlite-writer.ts';

/** Opens a new, empty store. `openAudit` takes the time of the picture (ms since 1970). */
export const openScratchStore = (
  application: TableOwner,
): {
  readonly store: Store;
  /** From now on batches wait for `disk` before they are written, and are not if it rejects. */
  attachDisk(disk: { untilWritable(): Promise<void> }): void;
  /** A store for one node of several, under a name of its own: all over the same tables. Whoever ends the node forgets it. */
  openNode(name: string, link: NodeLink, changeRow: ChangeRow): Store;
  openAudit(now: number): AuditSource;
  remove(): Promise<void>;
} => {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-simulation-'));
  const path = join(folder, 'store.db');
  const database = openDatabase(path, application);
  database.writer.exec('PRAGMA synchronous = OFF');
  // In this thread: a simulation, which has its own time, cannot wait for another one.
  const inline = createInlineWriter(database.writer);
  let current = { untilWritable: async (): Promise<void> => {} };
  const batches: Writer = {
    ...inline,
    write: async (runs) => {
      await current.untilWritable();
      await inline.write(runs);
    },
  };
  const store = createSqliteStore({ ...database, batches }, application.tables);
  const state = createSharedState();
  const merge = application.tables?.postgres?.merge;
  return {
    store,
    openNode: (name, link, changeRow) => {
      const send: NodeLink['send'] = (carryOut) =>
        link.send(async () => {
          await current.untilWritable();
          await carryOut();
        });
      const parts = { name, state, changeRow, merge, link: { ...link, send } };
      const shared = { ...database, batches: inline, close: () => {} };
      return createSqliteStore(shared, application.tables, (file) => shareFile(file, parts));
    },
    attachDisk: (disk) => {
      current = disk;
    },
    openAudit: (now) => openAuditSource(path, application, now),
    remove: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
