// What a batch is decided on, read from PostgreSQL in one round trip and of one moment: where its orders stand, messages and
// keys that are there already, the application's rows, and how many of this node's own batches are in all that.
import type { PostgresTables } from '../../application.ts';
import type { LoadedOrder, Needs } from '../../store.ts';
import { type Found, nothingFound } from '../batch-access.ts';
import { unpack } from '../packing.ts';
import { type Row, text, toIdempotencyRecord, whole } from '../rows.ts';
import { toUnavailable } from './errors.ts';
import type { PostgresDatabase } from './open.ts';
import { columnOf, type Result, type Statement, sql } from './statement.ts';

const ordersText = `SELECT orders.order_id, orders.version, last_seq,
    (orders.version = needed.version)::int AS is_known,
    CASE WHEN orders.version = needed.version THEN NULL ELSE encode(packed, 'base64') END AS packed
  FROM unnest($1::text[], $2::int[]) AS needed (order_id, version) JOIN orders ON orders.order_id = needed.order_id`;
// The first message of an order is its correlation id, which no index finds: its rows are few.
const receivedText = `SELECT needed.order_id, needed.message_id FROM unnest($1::text[], $2::text[]) AS needed (order_id, message_id)
  WHERE EXISTS (SELECT 1 FROM history WHERE history.order_id = needed.order_id AND history.message_id = needed.message_id)
    OR EXISTS (SELECT 1 FROM history WHERE history.order_id = needed.order_id AND history.message_id IS NULL
      AND correlation_id = needed.message_id AND (messages::json -> 0 ->> 2) IS NULL)`;
const keysText = `SELECT idempotency.* FROM unnest($1::text[], $2::text[]) AS needed (scope, key)
  JOIN idempotency ON idempotency.scope = needed.scope AND idempotency.key = needed.key`;

/** Statements of one kind of need, and what their results add to what is found. */
interface Part {
  readonly statements: readonly Statement[];
  readonly add: (results: readonly Rows[]) => Partial<Found>;
}

const toOrders = (needed: Needs['orders']): Part => {
  const orders = [...needed];
  const ids = columnOf(orders, ([orderId]) => orderId);
  const versions = columnOf(orders, ([, version]) => version ?? null);
  return {
    statements: [sql(ordersText, [ids, versions])],
    add: ([rows = []]) => ({
      orders: new Map(rows.map((row) => [text(row, 'order_id'), toLoaded(row)])),
    }),
  };
};

const toLoaded = (row: Row): LoadedOrder => ({
  version: whole(row, 'version'),
  lastSeq: whole(row, 'last_seq'),
  ...(row['is_known'] !== 1 && {
    system: unpack(text(row, 'order_id'), Buffer.from(text(row, 'packed'), 'base64')),
  }),
});

const toReceived = (messages: Needs['received']): Part => {
  const ids = [
    columnOf(messages, ({ orderId }) => orderId),
    columnOf(messages, ({ messageId }) => messageId),
  ];
  return {
    statements: [sql(receivedText, ids)],
    add: ([rows = []]) => ({
      received: rows.map((row) => ({
        orderId: text(row, 'order_id'),
        messageId: text(row, 'message_id'),
      })),
    }),
  };
};

const toKeys = (keys: Needs['keys']): Part => ({
  statements: [sql(keysText, [columnOf(keys, ({ scope }) => scope), columnOf(keys, ({ key }) => key)])],
  add: ([rows = []]) => ({ records: rows.map(toIdempotencyRecord) }),
});

const toRows = (keys: readonly string[], tables: PostgresTables): Part => {
  const { statements, read } = tables.read(keys);
  return { statements, add: (results) => ({ rows: read(results) }) };
};

/** Batches of this node are counted by `writers.last_batch`, in the order in which they were prepared. */
export const createLoad =
  ({ loader, writerId }: PostgresDatabase, tables: PostgresTables | undefined) =>
  async (needs: Needs): Promise<Found> => {
    const parts: Part[] = [];
    if (needs.orders.size > 0) parts.push(toOrders(needs.orders));
    if (needs.received.length > 0) parts.push(toReceived(needs.received));
    if (needs.keys.length > 0) parts.push(toKeys(needs.keys));
    if (needs.rows.length > 0 && tables !== undefined) parts.push(toRows(needs.rows, tables));
    if (parts.length === 0) return nothingFound;
    const statements = [progressOf(writerId), ...parts.flatMap((part) => part.statements)];
    const answer = await loader.run(toOne(statements)).catch((error: unknown) => {
      throw toUnavailable(error);
    });
    const [own, ...others] = toResults(answer, statements.length);
    let found: Found = { ...nothingFound, includes: whole(own?.[0] ?? {}, 'last_batch') };
    for (const part of parts) {
      found = { ...found, ...part.add(others.splice(0, part.statements.length)) };
    }
    return found;
  };

const progressOf = (writerId: string): Statement =>
  sql('SELECT last_batch FROM writers WHERE writer_id = $1', [writerId]);

/** One statement, and so one moment, for all: its row has the rows of each as JSON. */
const toOne = (statements: readonly Statement[]): Statement => {
  let before = 0;
  const columns = statements.map(({ text: each, values }, place) => {
    const shifted = each.replaceAll(/\$(\d+)/g, (_, number: string) => `$${Number(number) + before}`);
    before += values.length;
    return `(SELECT json_agg(found) FROM (${shifted}) AS found) AS result_${place}`;
  });
  return { text: `SELECT ${columns.join(', ')}`, values: statements.flatMap(({ values }) => values) };
};

type Rows = readonly Row[];
/** Without rows it is null. */
const isRows = (value: unknown): value is Rows => Array.isArray(value);
const toResults = (answer: Result | undefined, count: number): Rows[] => {
  const [row] = answer?.rows ?? [];
  return Array.from({ length: count }, (_, place) => {
    const found: unknown = row?.[`result_${place}`];
    return isRows(found) ? found : [];
  });
};
