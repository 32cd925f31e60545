// Decides a batch: every order's tasks on what was loaded, in memory and without waiting. It writes nothing and
// sends no answer. A task that makes its order fail is quarantined, so the others are not affected.

import { type BatchRows, RowNeeded } from '../batch-rows.ts';
import { AppError, describeError } from '../errors.ts';
import type { FaultPoint } from '../faults.ts';
import { fromStored, newSystem } from '../step/snapshot.ts';
import type { SystemState } from '../step/system-state.ts';
import { isSettled, type SystemView } from '../step/view.ts';
import type { IdempotencyRecord, Loaded, OrderWrite } from '../store.ts';
import { type AwaitedOfOrder, type EndedWait, toEndedWait } from './awaited-answers.ts';
import type { Engine } from './engine.ts';
import { OrderTransaction } from './order-transaction.ts';
import { decideTask, idempotencyOf, type Respond, type Task } from './task.ts';

/** One order's tasks in a batch. */
export interface OrderTasks<View extends SystemView> {
  readonly orderId: string;
  readonly tasks: readonly Task<View>[];
  /** The order's system as this host committed it last. */
  readonly cached: SystemState | undefined;
  /** Tasks whose messages are quarantined, because a commit failed on them. */
  readonly failures: Map<Task<View>, { readonly error: unknown }>;
  /** Answers that wait for the order. */
  readonly awaited: AwaitedOfOrder<View> | undefined;
}

/** One decided order: what to write, and the answers to send after the commit. */
export interface DecidedOrder<View extends SystemView> {
  readonly orderId: string;
  readonly tasks: readonly Task<View>[];
  readonly transaction: OrderTransaction<View>;
  readonly write: OrderWrite | null;
  readonly responses: readonly Respond[];
  /** What is written for those who wait for the order, if this ends it. */
  readonly ended: EndedWait<View> | undefined;
}

/** One order that can't be decided: its tasks fail with `error`. */
export interface FailedOrder<View extends SystemView> {
  readonly orderId: string;
  readonly tasks: readonly Task<View>[];
  readonly error: unknown;
  /** Why the order is to be marked unreadable, if it is. */
  readonly unreadable?: string;
}

export class BatchDecision<View extends SystemView> {
  readonly decided: DecidedOrder<View>[] = [];
  readonly failed: FailedOrder<View>[] = [];
  readonly #engine: Engine<View>;
  readonly #loaded: Loaded;
  readonly #rows: BatchRows;
  readonly #now: number;
  /** Idempotency keys that this batch takes. */
  readonly #taken = new Map<string, IdempotencyRecord>();

  constructor(engine: Engine<View>, loaded: Loaded, rows: BatchRows, now: number) {
    this.#engine = engine;
    this.#loaded = loaded;
    this.#rows = rows;
    this.#now = now;
  }

  /** Decides one order. Returns the key of a row that it needs first; undefined when it is decided. */
  decide(order: OrderTasks<View>): string | undefined {
    try {
      const base = this.#toBase(order);
      if (base instanceof AppError) this.failed.push({ ...order, error: base });
      else this.#decideFrom(order, base);
      return undefined;
    } catch (error) {
      if (error instanceof RowNeeded) return error.key;
      if (error instanceof Unreadable) {
        this.failed.push({ ...order, error: error.cause, unreadable: error.message });
        return undefined;
      }
      throw error;
    }
  }

  /** The system to step from; or why there is none. @throws Unreadable. */
  #toBase({ orderId, tasks, cached }: OrderTasks<View>): SystemState | AppError {
    const stored = this.#loaded.orders.get(orderId);
    if (stored === undefined) {
      const [first] = tasks;
      if (first?.kind === 'place') return newSystem(this.#engine.system, this.#now, first.messageId);
      return new AppError('order-not-found', `There is no order ${orderId}.`);
    }
    if (stored.system === undefined) {
      if (cached?.version === stored.version) return cached;
      throw new Error(`The store did not load ${orderId}.`);
    }
    try {
      return fromStored(this.#engine.system, stored.system);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Another node may know its version: nothing is written to it.
      if (error.details['chartVersion'] !== undefined) return error;
      throw new Unreadable(error.message, error);
    }
  }

  /** @throws RowNeeded, or Unreadable when even quarantining its messages fails. */
  #decideFrom(order: OrderTasks<View>, base: SystemState): void {
    for (;;) {
      const attempt = this.#attempt(order, base);
      if (attempt.failed === undefined) {
        this.decided.push(attempt.decided);
        return;
      }
      const { task, error } = attempt.failed;
      const isStored = base.version > 0;
      if (isStored && !order.failures.has(task)) {
        order.failures.set(task, { error });
        continue;
      }
      if (isStored) throw new Unreadable(`nothing can be committed for it: ${describeError(error)}`, error);
      this.failed.push({ ...order, error });
      return;
    }
  }

  /** Performs all tasks; or says on which one the order failed. */
  #attempt(order: OrderTasks<View>, base: SystemState) {
    const { orderId, tasks, failures } = order;
    const rows = this.#rows.forOrder();
    const wasReceived = (messageId: string) => this.#loaded.hasReceived(orderId, messageId);
    const parts = { engine: this.#engine, orderId, base, now: this.#now, rows, wasReceived };
    const transaction = new OrderTransaction<View>(parts);
    const responses: Respond[] = [];
    for (const task of tasks) {
      transaction.quarantineBecauseOf(failures.get(task));
      transaction.traceWith(task.span);
      const record = this.#recordOf(task, transaction);
      try {
        responses.push(record ? replay(task, record) : decideTask(transaction, task));
      } catch (error) {
        if (error instanceof RowNeeded) throw error;
        if (!(error instanceof AppError)) return { failed: { task, error } } as const;
        responses.push(() => task.done.reject(error));
      }
    }
    const write = transaction.toWrite();
    if (write !== null) this.#reachBeforeCommit(tasks, write.summary.settled);
    rows.keep();
    for (const record of transaction.answers) this.#taken.set(toName(record), record);
    const ended = write === null ? undefined : toEndedWait(this.#engine, order.awaited, transaction);
    const decided: DecidedOrder<View> = { orderId, tasks, transaction, write, responses, ended };
    return { failed: undefined, decided } as const;
  }

  /** What is already stored for a task's idempotency key: in the store, or by an earlier task of this batch. */
  #recordOf(task: Task<View>, { answers }: OrderTransaction<View>): IdempotencyRecord | undefined {
    const use = idempotencyOf(task);
    if (use === undefined) return undefined;
    return (
      this.#loaded.record(use.scope, use.key) ??
      this.#taken.get(toName(use)) ??
      answers.find(({ scope, key }) => scope === use.scope && key === use.key)
    );
  }

  #reachBeforeCommit(tasks: readonly Task<View>[], settled: boolean): void {
    for (const task of tasks) this.#engine.faults.reach(`${toFaultName(task)}.before-commit`);
    if (settled) this.#engine.faults.reach('settle.before-commit');
  }
}

/** Reaches the commit points that follow an order's commit. */
export const reachAfterCommit = <View extends SystemView>(
  { faults }: Engine<View>,
  { tasks, transaction }: DecidedOrder<View>,
): void => {
  for (const task of tasks) faults.reach(`${toFaultName(task)}.after-commit`);
  if (isSettled(transaction.state)) faults.reach('settle.after-commit');
};

/** An order whose system cannot be read, or for which nothing can be committed. */
class Unreadable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

const replay = <View extends SystemView>(task: Task<View>, record: IdempotencyRecord): Respond => {
  if (task.kind !== 'place' && task.kind !== 'send') throw new Error(`a ${task.kind} has no idempotency key`);
  return () => task.done.resolve({ outcome: 'replayed', record });
};

const toName = ({ scope, key }: { readonly scope: string; readonly key: string }): string =>
  JSON.stringify([scope, key]);

type FaultName = FaultPoint extends infer Point
  ? Point extends `${infer Name}.before-commit`
    ? Exclude<Name, 'settle'>
    : never
  : never;

const toFaultName = <View extends SystemView>(task: Task<View>): FaultName => {
  switch (task.kind) {
    case 'place':
      return 'accept';
    case 'send':
      return task.sending.otherwise === 'refuse' ? 'move' : 'fact';
    case 'migrate':
      return 'move';
    case 'reply':
    case 'answer-inside':
      return 'reply';
    case 'deadline':
      return 'deadline';
  }
};
