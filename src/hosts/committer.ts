// Group commit: messages for different orders that are ready at the same time share one transaction, one order's
// messages follow each other, and a single message never waits for company. While one batch is written, the next one is
// decided on top of it. A caller is answered after the commit and not before. A batch whose ground moved is decided again; an
// order that cannot be stored is kept from the others.
import type { Logger } from 'pino';
import type { Lease } from '../call-claims.ts';
import type { Clock } from '../clock.ts';
import { leaseMs, type Settings } from '../config.ts';
import { AppError, describeError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Metrics } from '../metrics.ts';
import type { SystemView } from '../step/view.ts';
import { RefusedWrite, StaleBatch, type Store } from '../store.ts';
import type { AwaitedAnswers } from './awaited-answers.ts';
import { runBatch } from './batch.ts';
import { CommitRate } from './commit-rate.ts';
import type { BatchDecision, DecidedOrder, FailedOrder, OrderTasks } from './decision.ts';
import type { Engine } from './engine.ts';
import type { InFlightOrders } from './in-flight-orders.ts';
import type { Task } from './task.ts';

export interface CommitterParts<View extends SystemView> {
  readonly engine: Engine<View>;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly owner: string;
  /** Whether new calls can be made at once; otherwise they stay free for any host to claim. */
  mayCall(): boolean;
  /** Services that are not called as always: calls to them stay free to be claimed, too. */
  heldServices(): readonly string[];
  readonly inFlight: InFlightOrders;
  readonly awaited: AwaitedAnswers<View>;
  /** Carries out the effects of a commit, and answers its callers. */
  afterCommit(decided: readonly DecidedOrder<View>[], lease: Lease): void;
}

/** One batch on its way, whole or in parts. */
interface Attempt<View extends SystemView> {
  readonly orders: readonly OrderTasks<View>[];
  readonly tries: number;
  /** Called when the store has taken it over: the next batch can begin. */
  readonly onHandedOver: () => void;
}

export class Committer<View extends SystemView> {
  readonly #parts: CommitterParts<View>;
  readonly #queues = new Map<string, Task<View>[]>();
  /** Orders with queued tasks that no batch has taken yet, in the order of arrival. */
  readonly #ready = new Set<string>();
  /** Orders in a batch that is not durable yet: their next messages wait for it. */
  readonly #underWay = new Set<string>();
  #batches = 0;
  /** Of the last batch, ms since 1970. */
  #lastDoneAt = 0;
  #wake: PromiseWithResolvers<void> | undefined;
  readonly #rate = new CommitRate();
  #hasConnected = false;
  #pending = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(parts: CommitterParts<View>) {
    this.#parts = parts;
  }

  /** Queues a task; its commit starts when the store has taken over the current one. */
  add(task: Task<View>): void {
    const queue = this.#queues.get(task.orderId);
    if (queue) queue.push(task);
    else this.#queues.set(task.orderId, [task]);
    this.#ready.add(task.orderId);
    this.#count(1);
    if (!this.#underWay.has(task.orderId)) this.#wake?.resolve();
    if (this.#idle) return;
    this.#idle = Promise.withResolvers<void>();
    this.#parts.clock.soon(() => this.#run());
  }

  /** A client has connected; more may wait. */
  noteConnection(): void {
    this.#hasConnected = true;
  }

  /** Whether there is room for one more message. */
  hasRoom(): boolean {
    return this.#pending < this.#parts.settings.MAX_PENDING_MESSAGES;
  }

  /** Whether one more message would be committed soon enough for a client that waits for it. */
  acceptsWrites(): boolean {
    return this.hasRoom() && this.#rate.waitOf(this.#pending) <= this.#parts.settings.MAX_WAIT_MS;
  }

  /** Resolves when nothing is queued or being committed. */
  async idle(): Promise<void> {
    await this.#idle?.promise;
  }

  #count(change: number): void {
    this.#pending += change;
    this.#parts.metrics.pendingMessages.set(this.#pending);
  }

  async #run(): Promise<void> {
    while (this.#ready.size > 0 || this.#batches > 0) {
      const orders = this.#batches < limits.batchesUnderWay ? this.#takeOrders() : [];
      if (orders.length === 0) {
        await this.#woken();
        continue;
      }
      await this.#start(orders);
      await this.#listen();
    }
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Resolves when a batch is done, or an order is ready that no batch has. */
  async #woken(): Promise<void> {
    this.#wake = Promise.withResolvers<void>();
    await this.#wake.promise;
    this.#wake = undefined;
    // Others get ready in the same moment.
    await new Promise<void>((resolve) => this.#parts.clock.soon(resolve));
  }

  /** Begins a batch. Resolves when the next one can begin: the store has it, or it is done. */
  async #start(orders: readonly OrderTasks<View>[]): Promise<void> {
    const handedOver = Promise.withResolvers<void>();
    for (const { orderId } of orders) this.#underWay.add(orderId);
    void this.#finish(orders, handedOver.resolve).then(handedOver.resolve);
    await handedOver.promise;
  }

  async #finish(orders: readonly OrderTasks<View>[], onHandedOver: () => void): Promise<void> {
    const { clock } = this.#parts;
    const startedAt = clock.now();
    const count = orders.reduce((sum, { tasks }) => sum + tasks.length, 0);
    this.#batches += 1;
    try {
      await this.#commit({ orders, tries: 1, onHandedOver });
    } catch (error) {
      this.#parts.logger.error({ error: describeError(error) }, 'a commit could not be carried out');
      for (const { tasks } of orders) this.#reject(tasks, error);
    }
    this.#batches -= 1;
    for (const { orderId } of orders) this.#underWay.delete(orderId);
    this.#count(-count);
    const now = clock.now();
    this.#rate.note(count, now - Math.max(startedAt, this.#lastDoneAt));
    this.#lastDoneAt = now;
    this.#wake?.resolve();
  }

  /** Lets requests that arrived during the flush join the next batch. Node accepts one connection per turn of the event loop. */
  async #listen(): Promise<void> {
    const { clock } = this.#parts;
    const until = clock.now() + limits.listenMs;
    do {
      this.#hasConnected = false;
      await new Promise<void>((resolve) => clock.soon(resolve));
    } while (this.#hasConnected && clock.now() < until);
  }

  #takeOrders(): OrderTasks<View>[] {
    const free = [...this.#ready].filter((orderId) => !this.#underWay.has(orderId));
    const isIdle = this.#batches === 0 && free.length >= limits.splitBatchFrom;
    const most = isIdle ? Math.ceil(free.length / 2) : free.length;
    const orderIds = free.slice(0, Math.min(most, this.#parts.settings.MAX_BATCH_ORDERS));
    return orderIds.map((orderId) => this.#toOrder(orderId, this.#takeTasks(orderId)));
  }

  #toOrder(orderId: string, tasks: readonly Task<View>[], failures = new Map()): OrderTasks<View> {
    const { inFlight, awaited } = this.#parts;
    return { orderId, tasks, cached: inFlight.get(orderId), failures, awaited: awaited.get(orderId) };
  }

  #takeTasks(orderId: string): Task<View>[] {
    const queue = this.#queues.get(orderId) ?? [];
    const tasks = queue.splice(0, limits.messagesPerCommit);
    this.#ready.delete(orderId);
    if (queue.length > 0) this.#ready.add(orderId);
    else this.#queues.delete(orderId);
    return tasks;
  }

  /** Commits a batch, carries out its effects and answers its callers. */
  async #commit(attempt: Attempt<View>): Promise<void> {
    const { orders } = attempt;
    const { engine, store, clock, settings, owner, metrics, inFlight } = this.#parts;
    const startedAt = clock.now();
    const until = this.#parts.mayCall() ? startedAt + leaseMs(settings) : 0;
    const lease = { owner, until, except: this.#parts.heldServices() };
    let decision: BatchDecision<View>;
    try {
      const handedOver = await runBatch({ engine, store, clock, lease, isAgain: attempt.tries > 1 }, orders);
      attempt.onHandedOver();
      await handedOver.durable;
      decision = handedOver.decision;
    } catch (error) {
      for (const { orderId } of orders) inFlight.delete(orderId);
      if (error instanceof StaleBatch) return this.#again(attempt, error);
      if (error instanceof RefusedWrite) return this.#commitAlone(attempt, error.cause);
      return this.#refuseAll(orders, error);
    }
    metrics.commitSeconds.observe((clock.now() - startedAt) / 1000);
    metrics.commitOrders.observe(orders.length);
    this.#parts.afterCommit(decision.decided, lease);
    for (const order of decision.failed) await this.#fail(order);
  }

  /**
   * A batch that stays stale is split, and each of its orders is tried once more alone. What failed in it is tried anew, too: the
   * failure may come from what was stale.
   */
  async #again(attempt: Attempt<View>, stale: StaleBatch): Promise<void> {
    const { orders, tries } = attempt;
    if (tries <= limits.staleRetries) {
      const reloaded = orders.map(({ orderId, tasks }) => this.#toOrder(orderId, tasks));
      return this.#commit({ ...attempt, orders: reloaded, tries: tries + 1 });
    }
    if (orders.length > 1) {
      for (const { orderId, tasks } of orders) {
        await this.#commit({ ...attempt, orders: [this.#toOrder(orderId, tasks)] });
      }
      return;
    }
    const error = new AppError('version-mismatch', `${stale.message}, again and again; try again later.`);
    for (const order of orders) await this.#fail({ ...order, error });
  }

  /**
   * A batch cannot be stored because of one of its orders: each is committed alone. The one that fails alone has
   * its messages quarantined; when that does not help, the order is marked unreadable.
   */
  async #commitAlone(attempt: Attempt<View>, cause: unknown): Promise<void> {
    const { orders } = attempt;
    if (orders.length > 1) {
      for (const order of orders) await this.#commit({ ...attempt, orders: [order] });
      return;
    }
    for (const { orderId, tasks, failures } of orders) {
      this.#parts.logger.error({ orderId, error: describeError(cause) }, 'an order cannot be committed');
      const untried = tasks.filter((task) => !failures.has(task));
      const isStored = tasks[0]?.kind !== 'place';
      if (isStored && untried.length > 0) {
        for (const task of untried) failures.set(task, { error: cause });
        await this.#commit({ ...attempt, orders: [this.#toOrder(orderId, tasks, failures)] });
        continue;
      }
      const unreadable = `nothing can be committed for it: ${describeError(cause)}`;
      await this.#fail({ orderId, tasks, error: cause, ...(isStored && { unreadable }) });
    }
  }

  #refuseAll(orders: readonly OrderTasks<View>[], error: unknown): void {
    this.#parts.logger.error({ error: describeError(error), orders: orders.length }, 'the commit failed');
    const isAway = error instanceof AppError && error.code === 'store-unavailable';
    // A database that went away may have stored it.
    const refusal = isAway
      ? error
      : new AppError('store-unavailable', 'The store cannot write; nothing was changed.');
    for (const { tasks } of orders) this.#reject(tasks, refusal);
  }

  async #fail({ orderId, tasks, error, unreadable }: FailedOrder<View>): Promise<void> {
    const { logger, store, inFlight } = this.#parts;
    inFlight.delete(orderId);
    if (unreadable !== undefined) {
      logger.error({ orderId, reason: unreadable }, 'an order cannot be read and is left alone');
      try {
        await store.markUnreadable(orderId, unreadable);
      } catch (problem) {
        logger.error({ orderId, error: describeError(problem) }, 'an order cannot be marked unreadable');
      }
    } else if (!(error instanceof AppError)) {
      logger.error({ orderId, error: describeError(error) }, 'an order was left out of its commit');
    }
    this.#reject(tasks, error);
  }

  #reject(tasks: readonly Task<View>[], error: unknown): void {
    this.#parts.metrics.failures.inc(tasks.length);
    for (const task of tasks) task.done.reject(error);
  }
}
