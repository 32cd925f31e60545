// What a batch writes, as statements of one transaction: rows of one kind are one statement, however many orders there are.
// The order is fixed, so that batches of several nodes wait for each other and never in a circle: the node, its orders by id,
// calls and keys, the application's rows in its own order, the journal last.
import type { PostgresTables } from '../../application.ts';
import type { AmendedAnswer, BatchWrite, Call, IdempotencyRecord, OrderWrite } from '../../store.ts';
import type { CommonValues } from '../common-values.ts';
import { type HistoryRow, toHistoryRows } from '../history-rows.ts';
import { pack } from '../packing.ts';
import { columnOf, type Statement, sql } from './statement.ts';

const toPlaced = (orders: readonly OrderWrite[]): Statement =>
  sql(
    `INSERT INTO orders (order_id, version, last_seq, owner, state, settled, incident, chart_version, created_at, updated_at, wake_at, packed)
     SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::text[], $6::smallint[], $7::smallint[], $8::text[],
       $9::bigint[], $10::bigint[], $11::bigint[], $12::bytea[])`,
    [
      columnOf(orders, ({ orderId }) => orderId),
      columnOf(orders, ({ version }) => version),
      columnOf(orders, ({ lastSeq }) => lastSeq),
      columnOf(orders, ({ summary }) => summary.owner),
      columnOf(orders, ({ summary }) => summary.state),
      columnOf(orders, ({ summary }) => Number(summary.settled)),
      columnOf(orders, ({ summary }) => Number(summary.incident)),
      columnOf(orders, ({ summary }) => summary.chartVersion),
      columnOf(orders, ({ summary }) => summary.createdAt),
      columnOf(orders, ({ summary }) => summary.updatedAt),
      columnOf(orders, ({ wakeAt }) => wakeAt),
      columnOf(orders, ({ orderId, system }) => pack(orderId, system)),
    ],
  );

/** The owner and the time of creation never change. Versions were checked by `begin_batch`, which keeps the rows locked. */
const toChanged = (orders: readonly OrderWrite[]): Statement =>
  sql(
    `UPDATE orders SET version = given.version, last_seq = given.last_seq, state = given.state, settled = given.settled,
       incident = given.incident, chart_version = given.chart_version, updated_at = given.updated_at, wake_at = given.wake_at,
       packed = given.packed
     FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::smallint[], $6::smallint[], $7::text[], $8::bigint[],
       $9::bigint[], $10::bytea[])
       AS given (order_id, version, last_seq, state, settled, incident, chart_version, updated_at, wake_at, packed)
     WHERE orders.order_id = given.order_id`,
    [
      columnOf(orders, ({ orderId }) => orderId),
      columnOf(orders, ({ version }) => version),
      columnOf(orders, ({ lastSeq }) => lastSeq),
      columnOf(orders, ({ summary }) => summary.state),
      columnOf(orders, ({ summary }) => Number(summary.settled)),
      columnOf(orders, ({ summary }) => Number(summary.incident)),
      columnOf(orders, ({ summary }) => summary.chartVersion),
      columnOf(orders, ({ summary }) => summary.updatedAt),
      columnOf(orders, ({ wakeAt }) => wakeAt),
      columnOf(orders, ({ orderId, system }) => pack(orderId, system)),
    ],
  );

const toFinishedCalls = (orders: readonly OrderWrite[]): Statement[] => {
  const finished = orders.flatMap(({ orderId, finishedCalls }) =>
    finishedCalls.map((callId) => ({ orderId, callId })),
  );
  if (finished.length === 0) return [];
  return [
    sql(
      `DELETE FROM calls USING unnest($1::text[], $2::text[]) AS finished (call_id, order_id)
       WHERE calls.call_id = finished.call_id AND calls.order_id = finished.order_id`,
      [columnOf(finished, ({ callId }) => callId), columnOf(finished, ({ orderId }) => orderId)],
    ),
  ];
};

const toNewCalls = (orders: readonly OrderWrite[], lease: BatchWrite['lease']): Statement[] => {
  const calls = orders.flatMap(({ orderId, calls: decided }) =>
    decided.map((call) => ({ ...call, orderId })),
  );
  if (calls.length === 0) return [];
  const isFree = ({ service }: Call): boolean => lease.except?.includes(service) === true;
  return [
    sql(
      `INSERT INTO calls (call_id, order_id, service, actor, command, causation_id, correlation_id, at, key_first_used_at,
         lease_owner, lease_until)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
         $9::bigint[], $10::text[], $11::bigint[])`,
      [
        columnOf(calls, ({ callId }) => callId),
        columnOf(calls, ({ orderId }) => orderId),
        columnOf(calls, ({ service }) => service),
        columnOf(calls, ({ actor }) => actor),
        columnOf(calls, ({ command }) => JSON.stringify(command)),
        columnOf(calls, ({ causationId }) => causationId),
        columnOf(calls, ({ correlationId }) => correlationId),
        columnOf(calls, ({ at }) => at),
        columnOf(calls, ({ keyFirstUsedAt }) => keyFirstUsedAt),
        columnOf(calls, (call) => (isFree(call) ? '' : lease.owner)),
        columnOf(calls, (call) => (isFree(call) ? 0 : lease.until)),
      ],
    ),
  ];
};

const toRecords = (records: readonly IdempotencyRecord[]): Statement[] =>
  records.length === 0
    ? []
    : [
        sql(
          `INSERT INTO idempotency (scope, key, fingerprint, order_id, status, version, at, body)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::bigint[], $8::text[])`,
          [
            columnOf(records, ({ scope }) => scope),
            columnOf(records, ({ key }) => key),
            columnOf(records, ({ fingerprint }) => fingerprint),
            columnOf(records, ({ orderId }) => orderId),
            columnOf(records, ({ status }) => status),
            columnOf(records, ({ version }) => version),
            columnOf(records, ({ at }) => at),
            columnOf(records, ({ body }) => body),
          ],
        ),
      ];

/** One by one, as they are few: the last answer of a key counts. */
const toAmended = (answers: readonly AmendedAnswer[]): Statement[] =>
  answers.map(({ scope, key, status, body, version }) =>
    sql('UPDATE idempotency SET status = $3, body = $4, version = $5 WHERE scope = $1 AND key = $2', [
      ...[scope, key, status, body, version],
    ]),
  );

/** Positions are given out here: the row of `journal` stays locked until the commit is durable. */
const toHistory = (rows: readonly HistoryRow[]): Statement[] => {
  if (rows.length === 0) return [];
  let [events, silent] = [0, 0];
  const places = rows.map(({ eventCount }) => {
    if (eventCount === 0) silent += 1;
    events += eventCount;
    return eventCount === 0 ? -silent : events;
  });
  return [
    sql(
      `WITH ends AS (
         UPDATE journal SET last_position = last_position + $1, first_position = first_position - $2
         RETURNING last_position - $1 AS last_position, first_position + $2 AS first_position)
       INSERT INTO history (position, order_id, version, last_seq, at, message_id, correlation_id, messages, events, personal)
       SELECT CASE WHEN place > 0 THEN ends.last_position + place ELSE ends.first_position + place END,
         order_id, version, last_seq, at, message_id, correlation_id, messages, events, personal
       FROM ends, unnest($3::int[], $4::text[], $5::int[], $6::int[], $7::bigint[], $8::text[], $9::text[], $10::text[],
           $11::text[], $12::text[])
         AS given (place, order_id, version, last_seq, at, message_id, correlation_id, messages, events, personal)`,
      [
        ...[events, silent, places],
        columnOf(rows, ({ orderId }) => orderId),
        columnOf(rows, ({ version }) => version),
        columnOf(rows, ({ lastSeq }) => lastSeq),
        columnOf(rows, ({ at }) => at),
        columnOf(rows, ({ messageId }) => messageId),
        columnOf(rows, ({ correlationId }) => correlationId),
        columnOf(rows, ({ messages }) => messages),
        columnOf(rows, ({ events: written }) => written),
        columnOf(rows, ({ personal }) => personal),
      ],
    ),
  ];
};

/** Values are not kept apart here: PostgreSQL compresses long rows by itself. */
const noCommonValues: Pick<CommonValues, 'keyOf'> = { keyOf: () => undefined };

/** All that a batch writes behind `begin_batch`. */
export const toStatements = (write: BatchWrite, tables: PostgresTables | undefined): readonly Statement[] => {
  const { orders, rows, idempotency = [], amended = [], lease } = write;
  const traits = { isPersonal: tables?.isPersonal ?? (() => false), common: noCommonValues };
  const placed = orders.filter(({ baseVersion }) => baseVersion === 0);
  const changed = orders.filter(({ baseVersion }) => baseVersion > 0);
  const history = orders.flatMap(({ orderId, received, events, lastSeq }) =>
    toHistoryRows(orderId, received, events, lastSeq - events.length, traits),
  );
  return [
    ...(placed.length === 0 ? [] : [toPlaced(placed)]),
    ...(changed.length === 0 ? [] : [toChanged(changed)]),
    ...toFinishedCalls(orders),
    ...toNewCalls(orders, lease),
    ...toRecords([...orders.flatMap((order) => order.idempotency), ...idempotency]),
    ...toAmended(amended),
    ...(tables?.write(rows) ?? []),
    ...toHistory(history),
  ];
};

/** Takes the node's row and the rows of the orders, and refuses the batch if one of them has moved on. */
export const toBegin = (
  { orders }: BatchWrite,
  by: { readonly writerId: string; readonly number: number; readonly fence: number },
): Statement =>
  sql('SELECT begin_batch($1, $2, $3, $4, $5)', [
    ...[by.writerId, by.number, by.fence],
    columnOf(orders, ({ orderId }) => orderId),
    columnOf(orders, ({ baseVersion }) => baseVersion),
  ]);
