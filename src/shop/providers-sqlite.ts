// The rows of payment providers in SQLite: read and written on the store's connection, in its transactions. It decides nothing.
import type { Row, SqlConnection } from '../application.ts';
import { readProviderNote } from './providers.ts';

type SqlRow = Readonly<Record<string, unknown>>;
const toRow = ({ name, takes_unnamed: takesUnnamed }: SqlRow): Row => ({
  name: String(name),
  takesUnnamed: takesUnnamed === 1,
});

export const createProviderReads = (connection: SqlConnection) => {
  const one = connection.prepare('SELECT name, takes_unnamed FROM providers WHERE name = ?');
  const page = connection.prepare(
    'SELECT name, takes_unnamed FROM providers WHERE name > ? ORDER BY name LIMIT ?',
  );
  return {
    read: (name: string): Row | undefined => {
      const row = one.get(name);
      return row && toRow(row);
    },
    list: (after: string, limit: number): Row[] => page.all(after, limit).map(toRow),
  };
};

/** A note is made once, and never changed. */
export const createProviderWrite = (connection: SqlConnection) => {
  const add = connection.prepare('INSERT INTO providers (name, takes_unnamed) VALUES (?, ?)');
  return (after: Row): void => {
    const note = readProviderNote(after);
    if (note !== undefined) add.run(note.name, Number(note.takesUnnamed));
  };
};
