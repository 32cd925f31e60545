// Group commit: messages for different orders that are ready at the same time share one transaction, one
// order's messages follow each other, and a lone message never waits for company. A caller is answered
// after the commit and not before. An order whose version moved on is loaded and stepped again; a message
// that its order's commit fails on is set aside, and so is an order that cannot be read; none holds up another.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { leaseMs, limits, type Settings } from '../config.ts';
import { AppError, describeError } from '../errors.ts';
import type { FaultPoint, Faults } from '../faults.ts';
import type { Metrics } from '../metrics.ts';
import type { Services } from '../service.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { fromStored, newSystem, type SystemState } from '../step/snapshot.ts';
import { hasIncident, isSettled } from '../step/view.ts';
import type { CommitResult, OrderWork, Store, StoredOrder } from '../store.ts';
import { Pace } from './pace.ts';
import { openSession, type Session } from './session.ts';
import { blame, decide, type Taken, takeWorks, type Work } from './taken.ts';

/** Told after each commit, before anybody is answered. */
export type CommitListener = (committed: {
  readonly orderId: string;
  readonly session: Session;
  /** Until when its new calls are leased to this host (ms since 1970); 0: they are free. */
  readonly leasedUntil: number;
}) => void;

export interface CommitterParts {
  readonly store: Store;
  readonly services: Services;
  readonly system: RegisteredSystem;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly faults: Faults;
  readonly owner: string;
  /** Whether new calls can be made at once; otherwise they stay free for whoever claims them. */
  mayCall(): boolean;
  readonly onCommit: CommitListener;
}

export class Committer {
  readonly #parts: CommitterParts;
  readonly #queues = new Map<string, Work[]>();
  /** Orders with queued work that no commit has taken yet, in the order of arrival. */
  readonly #ready = new Set<string>();
  /** Systems of orders that wait for a service, as of their last commit; the store is what counts. */
  readonly #cache = new Map<string, SystemState>();
  readonly #pace = new Pace();
  #knocked = false;
  #pending = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Queues work; its commit comes as soon as the one under way is done. */
  add(work: Work): void {
    const queue = this.#queues.get(work.orderId);
    if (queue) queue.push(work);
    else this.#queues.set(work.orderId, [work]);
    this.#ready.add(work.orderId);
    this.#count(1);
    if (this.#idle) return;
    this.#idle = Promise.withResolvers<void>();
    this.#parts.clock.soon(() => this.#run());
  }

  /** A connection was taken in; more may wait. */
  knock(): void {
    this.#knocked = true;
  }

  /** Whether there is room for one more message. */
  hasRoom(): boolean {
    return this.#pending < this.#parts.settings.MAX_PENDING_MESSAGES;
  }

  /** Whether one more message would be committed soon enough for somebody who waits at the other end of a line. */
  isPrompt(): boolean {
    return this.hasRoom() && this.#pace.waitOf(this.#pending) <= this.#parts.settings.MAX_WAIT_MS;
  }

  /** Whether the order waited for a service, and for nobody else, at its last commit here. */
  isMoving(orderId: string): boolean {
    const state = this.#cache.get(orderId);
    return state !== undefined && !hasIncident(state);
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
    const { clock } = this.#parts;
    while (this.#ready.size > 0) {
      const startedAt = clock.now();
      let open = this.#takeBatch();
      const count = open.reduce((sum, { works }) => sum + works.length, 0);
      while (open.length > 0) open = await this.#commit(open);
      this.#count(-count);
      await this.#listen();
      this.#pace.note(count, clock.now() - startedAt);
    }
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Lets what came in during the flush join the next commit. A turn takes in one connection: more take more turns. */
  async #listen(): Promise<void> {
    const { clock } = this.#parts;
    const until = clock.now() + limits.listenMs;
    do {
      this.#knocked = false;
      await new Promise<void>((resolve) => clock.soon(resolve));
    } while (this.#knocked && clock.now() < until);
  }

  #takeBatch(): Taken[] {
    const orderIds = [...this.#ready].slice(0, this.#parts.settings.MAX_BATCH_ORDERS);
    return orderIds.map((orderId) => takeWorks(orderId, this.#nextWorks(orderId)));
  }

  #nextWorks(orderId: string): Work[] {
    const queue = this.#queues.get(orderId) ?? [];
    const nextAlone = queue.findIndex(({ alone }) => alone);
    const count = nextAlone === 0 ? 1 : nextAlone === -1 ? queue.length : nextAlone;
    const works = queue.splice(0, Math.min(count, limits.messagesPerCommit));
    this.#ready.delete(orderId);
    if (queue.length > 0) this.#ready.add(orderId);
    else this.#queues.delete(orderId);
    return works;
  }

  /** Commits a batch and answers its callers. Returns the orders that have to be stepped again. */
  async #commit(batch: readonly Taken[]): Promise<Taken[]> {
    const { clock, settings, store, owner, metrics } = this.#parts;
    const startedAt = clock.now();
    const until = this.#parts.mayCall() ? startedAt + leaseMs(settings) : 0;
    try {
      const bases = await this.#load(batch);
      const readable = batch.filter(({ orderId }) => bases.has(orderId));
      const work = readable.map((taken) => this.#toOrderWork(taken, bases.get(taken.orderId), startedAt));
      if (work.length === 0) return [];
      const results = await store.commit(work, { owner, until });
      metrics.commitSeconds.observe((clock.now() - startedAt) / 1000);
      metrics.commitOrders.observe(work.length);
      const again: Taken[] = [];
      for (const [index, taken] of readable.entries()) {
        if (await this.#settle(taken, results[index], until)) again.push(taken);
      }
      return again;
    } catch (error) {
      this.#parts.logger.error({ error: describeError(error), orders: batch.length }, 'the commit failed');
      const refusal = new AppError('store-unavailable', 'The store cannot write; nothing was changed.');
      for (const taken of batch) this.#fail(taken, refusal);
      return [];
    }
  }

  /** The systems to step from. Orders that do not exist or cannot be read are turned down here. */
  async #load(batch: readonly Taken[]): Promise<Map<string, SystemState>> {
    const { store, system, clock } = this.#parts;
    const bases = new Map<string, SystemState>();
    const missing = batch.filter(({ orderId, works }) => !works[0]?.places && !this.#cache.has(orderId));
    const stored = await store.load(missing.map(({ orderId }) => orderId));
    for (const taken of batch) {
      const { orderId, works } = taken;
      const correlationId = works[0]?.places;
      const cached = this.#cache.get(orderId);
      const order = stored.get(orderId);
      if (correlationId !== undefined) bases.set(orderId, newSystem(system, clock.now(), correlationId));
      else if (cached) bases.set(orderId, cached);
      else if (order) await this.#read(taken, order, bases);
      else this.#fail(taken, new AppError('order-not-found', `There is no order ${orderId}.`));
    }
    return bases;
  }

  async #read(taken: Taken, order: StoredOrder, bases: Map<string, SystemState>): Promise<void> {
    try {
      bases.set(taken.orderId, fromStored(this.#parts.system, order.system));
    } catch (error) {
      const reason = describeError(error);
      this.#parts.logger.error(
        { orderId: taken.orderId, reason },
        'an order cannot be read and is set aside',
      );
      await this.#parts.store.markUnreadable(taken.orderId, reason);
      this.#fail(taken, error);
    }
  }

  #toOrderWork(taken: Taken, base: SystemState | undefined, now: number): OrderWork {
    const { system, services, faults } = this.#parts;
    if (!base) throw new Error(`no system for ${taken.orderId}`);
    return {
      orderId: taken.orderId,
      baseVersion: base.version,
      decide: async (context) => {
        const session = openSession(system, services, taken.orderId, base, now, context, faults);
        const write = await decide(taken, session);
        if (write !== null) this.#reach('before-commit', taken, write.summary.settled);
        return write;
      },
    };
  }

  /** Says what became of one order's works. Returns whether they have to be stepped again. */
  #settle(taken: Taken, result: CommitResult | undefined, leasedUntil: number): boolean | Promise<boolean> {
    switch (result?.outcome) {
      case 'committed':
        if (taken.session) {
          this.#reach('after-commit', taken, isSettled(taken.session.state()));
          this.#publish(taken.orderId, taken.session, leasedUntil);
        }
        this.#answer(taken);
        return false;
      case 'unchanged':
        this.#answer(taken);
        return false;
      case 'replayed':
        for (const work of taken.works) work.replay(result.record);
        return false;
      case 'stale':
        this.#cache.delete(taken.orderId);
        taken.staleness += 1;
        if (taken.works[0]?.places !== undefined) {
          this.#fail(taken, new AppError('invalid-request', `An order with the id ${taken.orderId} exists.`));
          return false;
        }
        if (taken.staleness <= limits.staleRetries) return true;
        this.#fail(taken, new AppError('version-mismatch', `The order ${taken.orderId} keeps changing.`));
        return false;
      default:
        return this.#leaveOut(taken, result?.error);
    }
  }

  /**
   * Sees to an order that its commit failed on: what it was about to take is set aside; where that does not
   * help, the order is. Returns whether it has to be stepped again.
   */
  async #leaveOut(taken: Taken, error: unknown): Promise<boolean> {
    const { orderId, works } = taken;
    const { logger, store } = this.#parts;
    const reason = describeError(error);
    logger.error({ orderId, error: reason }, 'an order was left out of its commit');
    this.#cache.delete(orderId);
    const isStored = works[0]?.places === undefined;
    if (isStored && blame(taken, error)) return true;
    try {
      if (isStored) await store.markUnreadable(orderId, `nothing can be committed for it: ${reason}`);
    } catch (trouble) {
      logger.error({ orderId, error: describeError(trouble) }, 'an order cannot be set aside');
    }
    this.#fail(taken, error);
    return false;
  }

  #reach(moment: 'before-commit' | 'after-commit', { works }: Taken, settled: boolean): void {
    const { faults } = this.#parts;
    for (const { kind } of works) faults.reach(`${kind}.${moment}` satisfies FaultPoint);
    if (settled) faults.reach(`settle.${moment}`);
  }

  #publish(orderId: string, session: Session, leasedUntil: number): void {
    const state = session.state();
    this.#cache.delete(orderId);
    // What waits for days without a call under way is in the store, not in memory.
    if (state.calls.size > 0 && !isSettled(state)) {
      this.#cache.set(orderId, state);
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined && this.#cache.size > this.#parts.settings.MAX_CACHED_ORDERS) {
        this.#cache.delete(oldest);
      }
    }
    this.#parts.onCommit({ orderId, session, leasedUntil });
  }

  #answer({ answers, refused }: Taken): void {
    for (const [work, error] of refused) work.reject(error);
    for (const answer of answers) answer();
  }

  #fail({ works }: Taken, error: unknown): void {
    this.#parts.metrics.failures.inc(works.length);
    for (const work of works) work.reject(error);
  }
}
