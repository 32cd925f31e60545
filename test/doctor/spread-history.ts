// The history of a store with a row for each message and each event, as files of an earlier schema have it: for changes by
// hand that name its columns.
import type { DatabaseSync } from 'node:sqlite';
import { toEvents, toMessages } from '../../src/stores/history-entries.ts';
import { createCommonReader } from '../../src/stores/sqlite-common-values.ts';
import { takeOverHistory } from '../../src/stores/sqlite-takeover.ts';

type Value = string | number | null;

const receivedColumns =
  'order_id, version, message_id, kind, actor, type, data, causation_id, correlation_id, disposition, reason, at, principal';
const eventColumns =
  'position, order_id, seq, event_id, actor, type, schema_version, data, causation_id, correlation_id, at';

/** Temporary tables take the names of the views. */
const createTable = (connection: DatabaseSync, name: string, columns: string) => {
  connection.exec(`CREATE TEMPORARY TABLE ${name} (${columns})`);
  const values = columns.replaceAll(/\w+/g, '?');
  const insert = connection.prepare(`INSERT INTO temp.${name} VALUES (${values})`);
  return (...row: readonly Value[]) => insert.run(...row);
};

/** From here on `received` and `events` are tables. */
export const spreadHistory = (connection: DatabaseSync): void => {
  const rows = connection.prepare('SELECT * FROM history ORDER BY order_id, version, last_seq').all();
  const readCommon = createCommonReader(connection);
  const addMessage = createTable(connection, 'received', receivedColumns);
  const addEvent = createTable(connection, 'events', eventColumns);
  for (const row of rows) {
    const orderId = String(row['order_id']);
    for (const { version, messageId, kind, to, type, data, causationId, ...rest } of toMessages(
      row,
      readCommon,
    )) {
      const { correlationId, disposition, reason, at, principal = null } = rest;
      const meta = [causationId, correlationId, disposition, reason, at, principal];
      addMessage(orderId, version, messageId, kind, to, type, JSON.stringify(data), ...meta);
    }
    for (const { position, seq, eventId, actor, type, schemaVersion, data, ...rest } of toEvents(
      row,
      readCommon,
    )) {
      const { causationId, correlationId, at } = rest;
      const meta = [JSON.stringify(data), causationId, correlationId, at];
      addEvent(position, orderId, seq, eventId, actor, type, schemaVersion, ...meta);
    }
  }
};

/** Writes what was spread back to the history, as a file of the earlier schema is taken over. */
export const gatherHistory = (connection: DatabaseSync): void => {
  const isSpread = connection.prepare("SELECT 1 FROM sqlite_temp_schema WHERE name = 'received'").get();
  if (isSpread === undefined) return;
  connection.exec(`
    CREATE TABLE received_before AS SELECT * FROM temp.received;
    CREATE TABLE events_before AS SELECT * FROM temp.events;
    CREATE TABLE history_progress (order_id TEXT);
    DROP TABLE temp.received; DROP TABLE temp.events; DELETE FROM history`);
  takeOverHistory(
    connection,
    () => false,
    (task) => task(),
    () => {},
  );
  connection.exec('DROP TABLE received_before; DROP TABLE events_before; DROP TABLE history_progress');
};
