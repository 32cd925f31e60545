// Fires the deadlines of orders that are due. Deadlines are rows, so they fire late rather than never: what fell due
// while no process ran fires at the start. It has one timer for all orders.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { describeError } from '../errors.ts';
import type { Faults } from '../faults.ts';
import { limits } from '../limits.ts';
import type { Store } from '../store.ts';

export interface DeadlineTimerParts {
  /** Chart versions that this host knows. */
  readonly versions: readonly string[];
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly faults: Faults;
  /** The name of this host, unlike that of any other. */
  readonly owner: string;
  /** Other hosts fire deadlines of the same orders. */
  readonly shared?: boolean;
  /** Whether the order was committed here last: others leave it to this host for a moment. */
  isWarm(orderId: string): boolean;
  /** Steps the order's due deadlines. Resolves after the commit. */
  fire(orderId: string): Promise<void>;
}

/** A number from 0 up to 1 for a name. */
const toShare = (name: string): number => {
  let sum = 0;
  for (const letter of name) sum = (31 * sum + (letter.codePointAt(0) ?? 0)) % 1009;
  return sum / 1009;
};

export class DeadlineTimer {
  readonly #parts: DeadlineTimerParts;
  #cancel: (() => void) | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #firing: Promise<void> | undefined;
  #stopped = false;
  /** How long an order that others may have is left to them. It differs between hosts, so that one comes first. */
  readonly #patienceMs: number;

  constructor(parts: DeadlineTimerParts) {
    this.#parts = parts;
    this.#patienceMs = Math.round(limits.deadlinePatienceMs * (1 + toShare(parts.owner)));
  }

  /** An order was committed whose next deadline is due at `wakeAt` (ms since 1970). */
  set(wakeAt: number | null): void {
    if (wakeAt === null || wakeAt >= this.#wakesAt) return;
    this.#wakesAt = wakeAt;
    if (!this.#firing) this.#schedule();
  }

  /** Fires everything that is due, then sets the timer for what comes next. */
  fireDue(): Promise<void> {
    this.#firing ??= this.#fireAndSchedule().finally(() => {
      this.#firing = undefined;
    });
    return this.#firing;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#firing;
  }

  async #fireAndSchedule(): Promise<void> {
    const { store, clock, settings, logger } = this.#parts;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    try {
      const result = await this.#fireBatches();
      // What just failed is still due: it is left until the next poll.
      if (result === 'left') this.set(clock.now() + this.#patienceMs);
      else if (result === 'fired') this.set((await store.nextWake(this.#parts.versions)) ?? null);
    } catch (error) {
      logger.error({ error: describeError(error) }, 'deadlines cannot be looked up');
    }
    this.set(clock.now() + settings.POLL_MS);
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel?.();
    if (this.#stopped) return;
    const { clock } = this.#parts;
    this.#cancel = clock.schedule(() => this.fireDue(), this.#wakesAt - clock.now());
  }

  /** `left`: of some orders they are left to other hosts for a moment. `failed`: of some they could not be fired. */
  async #fireBatches(): Promise<'fired' | 'left' | 'failed'> {
    const { store, clock, settings, fire, logger, faults, versions } = this.#parts;
    while (!this.#stopped) {
      const due = await store.dueOrders(clock.now(), settings.MAX_BATCH_ORDERS, versions);
      const orderIds = await this.#findOwn(due);
      if (orderIds.length > 0) faults.reach('deadline.due');
      const fired = await Promise.allSettled(orderIds.map((orderId) => fire(orderId)));
      const failures = fired.filter((each) => each.status === 'rejected');
      if (failures[0]) {
        const error = describeError(failures[0].reason);
        logger.error({ error, orders: failures.length }, 'deadlines failed');
        return 'failed';
      }
      if (orderIds.length < due.length) return 'left';
      if (due.length < settings.MAX_BATCH_ORDERS) return 'fired';
    }
    return 'fired';
  }

  /** Of the orders with a deadline that is due, those that are fired here: others only if nobody has fired them for a moment. */
  async #findOwn(due: readonly string[]): Promise<readonly string[]> {
    const { store, clock, settings, shared, isWarm, versions } = this.#parts;
    if (shared !== true || due.every(isWarm)) return due;
    const since = clock.now() - this.#patienceMs;
    const late = new Set(await store.dueOrders(since, settings.MAX_BATCH_ORDERS, versions));
    return due.filter((orderId) => isWarm(orderId) || late.has(orderId));
  }
}
