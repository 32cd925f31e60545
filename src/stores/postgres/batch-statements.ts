// What a batch writes, as calls of functions that the migrations have made, in one statement: a batch is one message to the
// database, and one transaction. The order of the calls is that in which its rows are locked (migrations/0001-store.sql).
import type { PostgresCall, PostgresTables } from '../../application.ts';
import type { AmendedAnswer, BatchWrite, Call, IdempotencyRecord, OrderWrite } from '../../store.ts';
import type { CommonValues } from '../common-values.ts';
import { type HistoryRow, toHistoryRows } from '../history-rows.ts';
import { pack } from '../packing.ts';
import { columnOf, type Statement } from './statement.ts';

const call = (name: string, values: PostgresCall['values']): PostgresCall => ({ function: name, values });

/** In the order of the arguments of `place_orders` and `change_orders`. */
const toFacts = (orders: readonly OrderWrite[]): PostgresCall['values'] => [
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
];

const writeOrders = (orders: readonly OrderWrite[]): PostgresCall[] => {
  const placed = orders.filter(({ baseVersion }) => baseVersion === 0);
  const changed = orders.filter(({ baseVersion }) => baseVersion > 0);
  const calls: PostgresCall[] = [];
  if (placed.length > 0) {
    const owners = columnOf(placed, ({ summary }) => summary.owner);
    const created = columnOf(placed, ({ summary }) => summary.createdAt);
    calls.push(call('place_orders', [...toFacts(placed), owners, created]));
  }
  if (changed.length > 0) calls.push(call('change_orders', toFacts(changed)));
  return calls;
};

const writeCalls = (orders: readonly OrderWrite[], lease: BatchWrite['lease']): PostgresCall[] => {
  const finished = orders.flatMap(({ orderId, finishedCalls }) =>
    finishedCalls.map((callId) => ({ orderId, callId })),
  );
  const decided = orders.flatMap(({ orderId, calls }) => calls.map((each) => ({ ...each, orderId })));
  const isFree = ({ service }: Call): boolean => lease.except?.includes(service) === true;
  const written: PostgresCall[] = [];
  if (finished.length > 0) {
    const ids = columnOf(finished, ({ callId }) => callId);
    written.push(call('finish_calls', [ids, columnOf(finished, ({ orderId }) => orderId)]));
  }
  if (decided.length > 0) {
    written.push(
      call('add_calls', [
        columnOf(decided, ({ callId }) => callId),
        columnOf(decided, ({ orderId }) => orderId),
        columnOf(decided, ({ service }) => service),
        columnOf(decided, ({ actor }) => actor),
        columnOf(decided, ({ command }) => JSON.stringify(command)),
        columnOf(decided, ({ causationId }) => causationId),
        columnOf(decided, ({ correlationId }) => correlationId),
        columnOf(decided, ({ at }) => at),
        columnOf(decided, ({ keyFirstUsedAt }) => keyFirstUsedAt),
        columnOf(decided, (each) => (isFree(each) ? '' : lease.owner)),
        columnOf(decided, (each) => (isFree(each) ? 0 : lease.until)),
      ]),
    );
  }
  return written;
};

const keepAnswers = (records: readonly IdempotencyRecord[]): PostgresCall[] =>
  records.length === 0
    ? []
    : [
        call('keep_answers', [
          columnOf(records, ({ scope }) => scope),
          columnOf(records, ({ key }) => key),
          columnOf(records, ({ fingerprint }) => fingerprint),
          columnOf(records, ({ orderId }) => orderId),
          columnOf(records, ({ status }) => status),
          columnOf(records, ({ version }) => version),
          columnOf(records, ({ at }) => at),
          columnOf(records, ({ body }) => body),
        ]),
      ];

const amendAnswers = (answers: readonly AmendedAnswer[]): PostgresCall[] =>
  answers.length === 0
    ? []
    : [
        call('amend_answers', [
          columnOf(answers, ({ scope }) => scope),
          columnOf(answers, ({ key }) => key),
          columnOf(answers, ({ status }) => status),
          columnOf(answers, ({ version }) => version),
          columnOf(answers, ({ body }) => body),
        ]),
      ];

const appendHistory = (rows: readonly HistoryRow[]): PostgresCall[] => {
  if (rows.length === 0) return [];
  let [events, silent] = [0, 0];
  const places = rows.map(({ eventCount }) => {
    if (eventCount === 0) silent += 1;
    events += eventCount;
    return eventCount === 0 ? -silent : events;
  });
  return [
    call('append_history', [
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
    ]),
  ];
};

/** Values are not kept apart here: PostgreSQL compresses long rows by itself. */
const noCommonValues: Pick<CommonValues, 'keyOf'> = { keyOf: () => undefined };

/** All that a batch writes behind `begin_batch`. */
export const toCalls = (write: BatchWrite, tables: PostgresTables | undefined): readonly PostgresCall[] => {
  const { orders, rows, idempotency = [], amended = [], lease } = write;
  const traits = { isPersonal: tables?.isPersonal ?? (() => false), common: noCommonValues };
  const history = orders.flatMap(({ orderId, received, events, lastSeq }) =>
    toHistoryRows(orderId, received, events, lastSeq - events.length, traits),
  );
  return [
    ...writeOrders(orders),
    ...writeCalls(orders, lease),
    ...keepAnswers([...orders.flatMap((order) => order.idempotency), ...idempotency]),
    ...amendAnswers(amended),
    ...(tables?.write(rows) ?? []),
    ...appendHistory(history),
  ];
};

/** Takes the node's row and the rows of the orders, and refuses the batch if one of them has moved on. */
export const toBegin = (
  { orders }: BatchWrite,
  by: { readonly writerId: string; readonly number: number; readonly fence: number },
): PostgresCall =>
  call('begin_batch', [
    ...[by.writerId, by.number, by.fence],
    columnOf(orders, ({ orderId }) => orderId),
    columnOf(orders, ({ baseVersion }) => baseVersion),
  ]);

/** One statement that makes all of `calls`, one after the other. Alone, it is a transaction. */
export const toStatement = (calls: readonly PostgresCall[]): Statement => {
  let place = 0;
  const made = calls.map(({ function: name, values }) => {
    const places = values.map(() => {
      place += 1;
      return `$${place}`;
    });
    return `${name}(${places.join(', ')})`;
  });
  return { text: `SELECT ${made.join(', ')}`, values: calls.flatMap(({ values }) => values) };
};
