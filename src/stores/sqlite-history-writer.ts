// Writes rows of the history. A row gets its place in the journal from SQL, in the statement that writes it: whoever writes
// next, and whatever failed before, positions go on where the journal ends.
import type { Connection } from './sqlite-connection.ts';
import type { HistoryRow } from './sqlite-history.ts';

const columns = 'order_id, version, last_seq, at, message_id, correlation_id, messages, events, personal';
const values = '?, ?, ?, ?, ?, ?, ?, ?, ?';

// Both look at one end of the table alone.
const lastPosition = 'max(coalesce((SELECT max(position) FROM history), 0), 0)';
const firstPosition = 'min(coalesce((SELECT min(position) FROM history), 0), 0)';

/** Writes a row. Its position, if it has one already, is kept: that of its last event. */
export const createHistoryRowWriter = (connection: Connection): ((row: HistoryRow) => void) => {
  const withEvents = connection.prepare(
    `INSERT INTO history (position, ${columns}) VALUES (${lastPosition} + ?, ${values})`,
  );
  const withoutEvents = connection.prepare(
    `INSERT INTO history (position, ${columns}) VALUES (${firstPosition} - 1, ${values})`,
  );
  const atPosition = connection.prepare(`INSERT INTO history (position, ${columns}) VALUES (?, ${values})`);
  return (row) => {
    const { orderId, version, lastSeq, at, messageId, correlationId, messages, events, personal } = row;
    const kept = [orderId, version, lastSeq, at, messageId, correlationId, messages, events, personal];
    if (row.eventCount === 0) withoutEvents.run(...kept);
    else if (row.position === undefined) withEvents.run(row.eventCount, ...kept);
    else atPosition.run(row.position, ...kept);
  };
};
