// The mark of a SQLite file that is being moved, or was moved away. The table is there only in files of which that is so.
import type { MoveMark } from '../move.ts';
import { fromMark, toMark } from './move-marks.ts';
import { text } from './rows.ts';
import type { Connection } from './sqlite-connection.ts';

const table =
  'CREATE TABLE IF NOT EXISTS move_mark (one INTEGER PRIMARY KEY CHECK (one = 1), mark TEXT NOT NULL) STRICT';

export const readMoveMark = (connection: Pick<Connection, 'prepare'>): MoveMark | undefined => {
  const there = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'move_mark'").get();
  const row = there && connection.prepare('SELECT mark FROM move_mark').get();
  return row && toMark(text(row, 'mark'));
};

/** Undefined takes it away. */
export const writeMoveMark = (
  connection: Pick<Connection, 'exec' | 'prepare'>,
  mark: MoveMark | undefined,
): void => {
  if (mark === undefined) {
    connection.exec('DROP TABLE IF EXISTS move_mark');
    return;
  }
  connection.exec(table);
  connection.prepare('REPLACE INTO move_mark VALUES (1, ?)').run(fromMark(mark));
};
