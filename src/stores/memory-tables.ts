// The tables of the memory store: maps, and what a batch reads and writes of them. They return
// only copies, and keep what a batch writes as a whole or not at all.
import type { ApiKey } from '../access.ts';
import type { Row } from '../application.ts';
import {
  type AmendedAnswer,
  type BatchWrite,
  type Call,
  type IdempotencyRecord,
  type JournalEvent,
  type OrderNote,
  type OrderSummary,
  type OrderWrite,
  type Received,
  RefusedWrite,
} from '../store.ts';
import type { BatchAccess } from './batch-access.ts';

export interface OrderRow {
  readonly orderId: string;
  readonly version: number;
  readonly lastSeq: number;
  readonly system: string;
  readonly summary: OrderSummary;
  readonly wakeAt: number | null;
  readonly unreadable: string | null;
}

interface CallRow {
  readonly sequence: number;
  readonly call: Call;
  readonly owner: string;
  readonly until: number;
}

export const createTables = () => ({
  orders: new Map<string, OrderRow>(),
  received: new Map<string, Received[]>(),
  apiKeys: new Map<string, ApiKey>(),
  notes: [] as OrderNote[],
  calls: new Map<string, CallRow>(),
  idempotency: new Map<string, IdempotencyRecord>(),
  /** `journal[0]` has position 1. */
  journal: [] as JournalEvent[],
  /** The application's rows by key. Ledgers are not kept: nothing reads them here. */
  rows: new Map<string, Row>(),
});
export type MemoryTables = ReturnType<typeof createTables>;

/** A deep copy, without what JSON cannot carry, as on a disk. */
export const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

export const toKey = (scope: string, key: string): string => JSON.stringify([scope, key]);

/** Changes maps, and can take all of it back. */
const createChanges = () => {
  const undo: (() => void)[] = [];
  const remember = <Value>(map: Map<string, Value>, key: string): void => {
    const before = map.get(key);
    undo.push(() => (before === undefined ? map.delete(key) : map.set(key, before)));
  };
  return {
    set: <Value>(map: Map<string, Value>, key: string, value: Value): void => {
      remember(map, key);
      map.set(key, value);
    },
    /** @throws Error for a key that is there already, as a disk's unique index would refuse it. */
    add: <Value>(map: Map<string, Value>, key: string, value: Value): void => {
      if (map.has(key)) throw new Error(`${key} is there already.`);
      remember(map, key);
      map.set(key, value);
    },
    delete: <Value>(map: Map<string, Value>, key: string): void => {
      remember(map, key);
      map.delete(key);
    },
    undo: (): void => {
      for (const each of undo.reverse()) each();
    },
  };
};

/** @throws Error for a message that is there already. */
const joinReceived = (before: readonly Received[], added: readonly Received[]): Received[] => {
  const all = [...before, ...added];
  const ids = new Set(all.map(({ messageId }) => messageId));
  if (ids.size < all.length) throw new Error('A message is recorded twice.');
  return all;
};

const amend = (
  { idempotency }: MemoryTables,
  changes: ReturnType<typeof createChanges>,
  answer: AmendedAnswer,
): void => {
  const name = toKey(answer.scope, answer.key);
  const record = idempotency.get(name);
  if (record !== undefined) changes.set(idempotency, name, { ...record, ...answer });
};

export const createBatchAccess = (tables: MemoryTables): BatchAccess => {
  let sequence = 0;

  const keepOrder = (
    changes: ReturnType<typeof createChanges>,
    write: OrderWrite,
    lease: BatchWrite['lease'],
  ): void => {
    const { orderId, version, lastSeq, system, wakeAt, received, calls, finishedCalls } = write;
    const before = tables.orders.get(orderId);
    // Whose order it is and when it was placed never change.
    const { owner, createdAt } = before?.summary ?? write.summary;
    const summary = { ...write.summary, owner, createdAt };
    const unreadable = before?.unreadable ?? null;
    changes.set(tables.orders, orderId, { orderId, version, lastSeq, system, summary, wakeAt, unreadable });
    const joined = joinReceived(tables.received.get(orderId) ?? [], received);
    changes.set(tables.received, orderId, joined);
    for (const callId of finishedCalls) {
      if (tables.calls.get(callId)?.call.orderId === orderId) changes.delete(tables.calls, callId);
    }
    for (const call of calls) {
      sequence += 1;
      const { owner: holder, until, except = [] } = lease;
      const leased = except.includes(call.service) ? { owner: '', until: 0 } : { owner: holder, until };
      changes.add(tables.calls, call.callId, { sequence, call: { ...call, orderId }, ...leased });
    }
    keepAnswers(changes, write.idempotency);
  };

  const keepAnswers = (
    changes: ReturnType<typeof createChanges>,
    records: readonly IdempotencyRecord[],
  ): void => {
    for (const record of records) changes.add(tables.idempotency, toKey(record.scope, record.key), record);
  };

  return {
    load: (needs) => ({
      orders: new Map(
        [...needs.orders].flatMap(([orderId, known]) => {
          const row = tables.orders.get(orderId);
          if (row === undefined) return [];
          const { version, lastSeq, system } = row;
          return [[orderId, { version, lastSeq, ...(version !== known && { system }) }] as const];
        }),
      ),
      received: needs.received.filter(({ orderId, messageId }) =>
        tables.received.get(orderId)?.some((message) => message.messageId === messageId),
      ),
      records: needs.keys.flatMap(({ scope, key }) => {
        const record = tables.idempotency.get(toKey(scope, key));
        return record ? [copy(record)] : [];
      }),
      rows: new Map(
        needs.rows.flatMap((key) => {
          const row = tables.rows.get(key);
          return row ? [[key, copy(row)] as const] : [];
        }),
      ),
    }),
    rowAtHand: () => undefined,
    isShared: false,
    prepare: (given) => async () => {
      const write = copy(given);
      const changes = createChanges();
      try {
        for (const order of write.orders) keepOrder(changes, order, write.lease);
        keepAnswers(changes, write.idempotency ?? []);
        for (const answer of write.amended ?? []) amend(tables, changes, answer);
      } catch (error) {
        changes.undo();
        throw new RefusedWrite(error);
      }
      for (const { orderId, events } of write.orders) {
        for (const event of events) {
          tables.journal.push({ ...event, orderId, position: tables.journal.length + 1 });
        }
      }
      for (const { key, after } of write.rows.changed) tables.rows.set(key, after);
    },
  };
};
