// One batch, from its tasks to what is stored of them, in one straight line: load what the orders need, decide in memory,
// write everything in one transaction. The next batch can begin once this one is handed over to the store; nothing of it
// leaves before it is durable.

import { isDeepStrictEqual } from 'node:util';
import { BatchRows } from '../batch-rows.ts';
import type { Clock } from '../clock.ts';
import type { SystemView } from '../step/view.ts';
import { type Batch, type BatchWrite, type Needs, StaleBatch, type Store } from '../store.ts';
import { BatchDecision, type OrderTasks } from './decision.ts';
import type { Engine } from './engine.ts';
import { idempotencyOf, messageOf } from './task.ts';

export interface BatchParts<View extends SystemView> {
  readonly engine: Engine<View>;
  readonly store: Store;
  readonly clock: Clock;
  readonly lease: BatchWrite['lease'];
  /** It is decided again: nothing of the rows is taken from memory. */
  readonly isAgain: boolean;
}

/** A batch that the store has taken over. */
export interface HandedOver<View extends SystemView> {
  readonly decision: BatchDecision<View>;
  /**
   * Resolves when the decision is durable, with everything that it rests on: refusals and replayed keys may leave then, too.
   * @throws StaleBatch when the batch has to be decided again, RefusedWrite when one of its orders cannot be stored;
   * any other error means that the store cannot write now.
   */
  readonly durable: Promise<void>;
}

/** Decides the tasks of a batch and hands the decision over to the store. @throws as `durable` does. */
export const runBatch = async <View extends SystemView>(
  { engine, store, clock, lease, isAgain }: BatchParts<View>,
  orders: readonly OrderTasks<View>[],
): Promise<HandedOver<View>> => {
  const needs = { ...findNeeds(engine, orders), isFresh: isAgain };
  const batch = await store.open(needs);
  try {
    const rows = new BatchRows((key) => batch.loaded.rowAtHand(key));
    rows.add(needs.rows, batch.loaded.rows);
    const decision = new BatchDecision(engine, batch.loaded, rows, clock.now());
    for (let open = orders; open.length > 0; ) open = await decideOrLoad(decision, open, batch, rows);
    await confirmRows(batch, rows);
    const writes = decision.decided.flatMap(({ write }) => write ?? []);
    const amended = decision.decided.flatMap(({ ended }) => ended?.amended ?? []);
    const durable =
      writes.length > 0
        ? batch.write({ orders: writes, rows: rows.toChanges(), amended, lease })
        : batch.confirm();
    // A write that never reached the store leaves the batch open. Its error is for whoever waits for `durable`.
    durable.then(batch.release, batch.release);
    return { decision, durable };
  } catch (error) {
    batch.release();
    throw error;
  }
};

/**
 * Loads rows again that decisions only read, as this node remembers them: nothing else would check the decisions against them.
 * @throws StaleBatch if one has changed.
 */
const confirmRows = async (batch: Batch, rows: BatchRows): Promise<void> => {
  const keys = rows.onlyRead().filter((key) => batch.loaded.isUnsure(key));
  if (keys.length === 0) return;
  await batch.load({ orders: new Map(), received: [], keys: [], rows: keys, isFresh: true });
  const hasChanged = (key: string) => !isDeepStrictEqual(rows.loaded(key), batch.loaded.rows.get(key));
  if (keys.some(hasChanged)) throw new StaleBatch('A row that decisions rest on');
};

/** Decides what can be decided, and loads the rows that the other orders turned out to need. */
const decideOrLoad = async <View extends SystemView>(
  decision: BatchDecision<View>,
  orders: readonly OrderTasks<View>[],
  batch: Batch,
  rows: BatchRows,
): Promise<readonly OrderTasks<View>[]> => {
  const missing = new Set<string>();
  const open = orders.filter((order) => {
    const key = decision.decide(order);
    if (key !== undefined) missing.add(key);
    return key !== undefined;
  });
  if (missing.size === 0) return [];
  const keys = [...missing];
  await batch.load({ orders: new Map(), received: [], keys: [], rows: keys });
  rows.add(keys, batch.loaded.rows);
  return open;
};

const findNeeds = <View extends SystemView>(
  { application }: Engine<View>,
  orders: readonly OrderTasks<View>[],
): Needs => {
  const rows = new Set<string>();
  const received: { readonly orderId: string; readonly messageId: string }[] = [];
  const keys: { readonly scope: string; readonly key: string }[] = [];
  for (const { orderId, tasks } of orders) {
    for (const task of tasks) {
      for (const key of application.tables?.rowsNeeded(orderId, messageOf(task)) ?? []) rows.add(key);
      const use = idempotencyOf(task);
      if (use) keys.push({ scope: use.scope, key: use.key });
      if (task.kind !== 'send' || task.sending.messageId === undefined) continue;
      received.push({ orderId, messageId: task.messageId });
    }
  }
  return {
    orders: new Map(orders.map(({ orderId, cached }) => [orderId, cached?.version])),
    received,
    keys,
    rows: [...rows],
  };
};
