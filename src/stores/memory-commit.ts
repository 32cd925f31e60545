// The commit of a batch in memory: a layer for the batch, a layer for each order on top of it. It never shows
// a batch before all of it is decided, just as a disk would not.
import type { CommitResult, JournalEvent, OrderWork, OrderWrite } from '../store.ts';
import { type Head, requireContinuation, runDecision } from './decision.ts';
import { createStockRows } from './memory-stock.ts';
import { copy, createLayer, type Maps, type Tables, toKey } from './memory-tables.ts';

interface Lease {
  readonly owner: string;
  readonly until: number;
}

/** The events of all orders: `journal[0]` has position 1. */
type Journal = JournalEvent[];

const writeReceived = ({ received }: Tables, orderId: string, write: OrderWrite): void => {
  const before = received.get(orderId) ?? [];
  const known = new Set(before.map((message) => message.messageId));
  for (const { messageId } of write.received) {
    if (known.has(messageId)) throw new Error(`Order ${orderId} has recorded message ${messageId} before.`);
    known.add(messageId);
  }
  received.set(orderId, [...before, ...write.received]);
};

const writeCalls = (
  { calls }: Tables,
  orderId: string,
  write: OrderWrite,
  lease: Lease,
  nextSequence: () => number,
): void => {
  for (const callId of write.finishedCalls) {
    if (calls.get(callId)?.call.orderId === orderId) calls.delete(callId);
  }
  for (const call of write.calls) {
    if (calls.get(call.callId) !== undefined) throw new Error(`Call ${call.callId} exists.`);
    calls.set(call.callId, { sequence: nextSequence(), call: { ...call, orderId }, ...lease });
  }
};

const writeOrder = ({ orders }: Tables, orderId: string, head: Head, write: OrderWrite): void => {
  const { version, system, wakeAt } = write;
  const before = orders.get(orderId);
  const { customerId, createdAt } = before?.summary ?? write.summary;
  orders.set(orderId, {
    orderId,
    version,
    lastSeq: head.lastSeq + write.events.length,
    system,
    // Whose order it is and when it came never change.
    summary: { ...write.summary, customerId, createdAt },
    wakeAt,
    unreadable: before?.unreadable ?? null,
  });
};

export const createCommit = (
  maps: Maps,
  journal: Journal,
  enqueue: <T>(task: () => Promise<T>) => Promise<T>,
) => {
  let sequence = 0;
  const nextSequence = () => {
    sequence += 1;
    return sequence;
  };

  const write = async (
    batch: Tables,
    added: Omit<JournalEvent, 'position'>[],
    work: OrderWork,
    lease: Lease,
  ) => {
    const { orderId, baseVersion } = work;
    const head = batch.orders.get(orderId) ?? { version: 0, lastSeq: 0 };
    if (head.version !== baseVersion) return { outcome: 'stale' } as const;
    const { tables, keep } = createLayer(batch);
    const hasReceived = (messageId: string) =>
      (tables.received.get(orderId) ?? []).some((message) => message.messageId === messageId);
    const decided = await runDecision(work, createStockRows(tables), hasReceived);
    if (decided === null) return { outcome: 'unchanged' } as const;
    const order = copy(decided);
    requireContinuation(orderId, head, order);
    if (order.idempotency !== undefined) {
      const key = toKey(order.idempotency.scope, order.idempotency.key);
      const record = tables.idempotency.get(key);
      if (record !== undefined) return { outcome: 'replayed', record: copy(record) } as const;
      tables.idempotency.set(key, order.idempotency);
    }
    writeOrder(tables, orderId, head, order);
    writeReceived(tables, orderId, order);
    writeCalls(tables, orderId, order, lease, nextSequence);
    added.push(...order.events.map((event) => ({ ...event, orderId })));
    keep();
    return { outcome: 'committed' } as const;
  };

  return (work: readonly OrderWork[], lease: Lease): Promise<readonly CommitResult[]> =>
    enqueue(async () => {
      const batch = createLayer(maps);
      const added: Omit<JournalEvent, 'position'>[] = [];
      const results: CommitResult[] = [];
      for (const entry of work) {
        const failed = (error: unknown) => ({ outcome: 'failed', error }) as const;
        results.push(await write(batch.tables, added, entry, lease).catch(failed));
      }
      batch.keep();
      for (const event of added) journal.push({ ...event, position: journal.length + 1 });
      return results;
    });
};
