// What every connection that writes the file is set to: durability rests on it. It opens nothing.
import type { Connection } from './sqlite-connection.ts';

/** How long a statement waits for a tool (a backup, `sqlite3`) that locks the file briefly. */
export const busyMs = 5000;
/** The write-ahead log is cut to this size after a burst. */
const logBytes = 64 * 1024 * 1024;
/** 4 KiB each: 16 MiB of log. */
const checkpointPages = 4096;

export const applySettings = (connection: Pick<Connection, 'exec'>): void => {
  connection.exec('PRAGMA synchronous = FULL');
  // Copies of pages, for statements that may fail half-way, stay in memory: in a file they would be written at each commit.
  connection.exec('PRAGMA temp_store = MEMORY');
  connection.exec(`PRAGMA journal_size_limit = ${logBytes}`);
  // What is written again and again (the ends of tables, the orders that move) goes back into the file once.
  connection.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  connection.exec('PRAGMA foreign_keys = ON');
  // Without it, INSERT OR REPLACE deletes rows without asking the append-only triggers.
  connection.exec('PRAGMA recursive_triggers = ON');
};
