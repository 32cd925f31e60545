// Values that many messages have alike, as the SQLite file keeps them: read by their key.
import { NewestMap } from '../newest-map.ts';
import type { ReadCommonValue } from './common-values.ts';
import { text } from './rows.ts';
import type { Connection } from './sqlite-connection.ts';

/** Of values that were read. */
const remembered = 64;

export const createCommonReader = (connection: Connection): ReadCommonValue => {
  const select = connection.prepare('SELECT value FROM common_values WHERE key = ?');
  const known = new NewestMap<string, string>(remembered);
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      const row = select.get(key);
      if (row === undefined) return null;
      value = text(row, 'value');
    }
    known.set(key, value);
    return JSON.parse(value);
  };
};
