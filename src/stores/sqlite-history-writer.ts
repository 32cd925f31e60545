// Writes rows of the history. A row gets its place in the journal from SQL, in the statement that writes it: whoever writes
// next, and whatever failed before, positions go on where the journal ends.

import type { HistoryRow } from './history-rows.ts';
import type { Connection } from './sqlite-connection.ts';

const columns = 'order_id, version, last_seq, at, message_id, correlation_id, messages, events, personal';
const values = '?, ?, ?, ?, ?, ?, ?, ?, ?';

// Both look at one end of the table alone.
const lastPosition = 'max(coalesce((SELECT max(position) FROM history), 0), 0)';
const firstPosition = 'min(coalesce((SELECT min(position) FROM history), 0), 0)';

const valuesOf = (row: HistoryRow) => {
  const { orderId, version, lastSeq, at, messageId, correlationId, messages, events, personal } = row;
  return [orderId, version, lastSeq, at, messageId, correlationId, messages, events, personal];
};

const createCommonWriter = (connection: Pick<Connection, 'prepare'>) => {
  const insert = connection.prepare(
    'INSERT INTO common_values (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  return ({ common }: HistoryRow): void => {
    for (const [key, value] of common) insert.run(key, value);
  };
};

/** Writes a row behind all others. */
export const createHistoryRowWriter = (
  connection: Pick<Connection, 'prepare'>,
): ((row: HistoryRow) => void) => {
  const withEvents = connection.prepare(
    `INSERT INTO history (position, ${columns}) VALUES (${lastPosition} + ?, ${values})`,
  );
  const withoutEvents = connection.prepare(
    `INSERT INTO history (position, ${columns}) VALUES (${firstPosition} - 1, ${values})`,
  );
  const addCommon = createCommonWriter(connection);
  return (row) => {
    addCommon(row);
    if (row.eventCount === 0) withoutEvents.run(...valuesOf(row));
    else withEvents.run(row.eventCount, ...valuesOf(row));
  };
};

/** Writes a row whose events have their positions already. */
export const createHistoryRowMover = (
  connection: Pick<Connection, 'prepare'>,
): ((row: HistoryRow) => void) => {
  const write = createHistoryRowWriter(connection);
  const insert = connection.prepare(`INSERT INTO history (position, ${columns}) VALUES (?, ${values})`);
  const addCommon = createCommonWriter(connection);
  return (row) => {
    if (row.position === undefined) return write(row);
    addCommon(row);
    insert.run(row.position, ...valuesOf(row));
  };
};
