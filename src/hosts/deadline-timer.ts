// Fires the deadlines of orders that are due. Deadlines are rows, so they fire late rather than never: what fell due
// while no process ran fires at the start. It has one timer for all orders.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { describeError } from '../errors.ts';
import type { Faults } from '../faults.ts';
import type { Store } from '../store.ts';

export interface DeadlineTimerParts {
  /** Chart versions that this host knows. */
  readonly versions: readonly string[];
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly faults: Faults;
  /** Steps the order's due deadlines. Resolves after the commit. */
  fire(orderId: string): Promise<void>;
}

export class DeadlineTimer {
  readonly #parts: DeadlineTimerParts;
  #cancel: (() => void) | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #firing: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: DeadlineTimerParts) {
    this.#parts = parts;
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
      const failed = await this.#fireBatches();
      // What just failed is still due: it is left until the next poll.
      if (!failed) this.set((await store.nextWake(this.#parts.versions)) ?? null);
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

  /** Returns whether the deadlines of any order could not be fired. */
  async #fireBatches(): Promise<boolean> {
    const { store, clock, settings, fire, logger, faults, versions } = this.#parts;
    while (!this.#stopped) {
      const orderIds = await store.dueOrders(clock.now(), settings.MAX_BATCH_ORDERS, versions);
      if (orderIds.length > 0) faults.reach('deadline.due');
      const fired = await Promise.allSettled(orderIds.map((orderId) => fire(orderId)));
      const failures = fired.filter((each) => each.status === 'rejected');
      if (failures[0]) {
        const error = describeError(failures[0].reason);
        logger.error({ error, orders: failures.length }, 'deadlines failed');
        return true;
      }
      if (orderIds.length < settings.MAX_BATCH_ORDERS) return false;
    }
    return false;
  }
}
