// Rings for orders whose deadline is due. Deadlines are rows, so they are rung late rather than never: what
// fell due while no process ran is rung at the start. It holds one timer, whatever the number of orders.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { describeError } from '../errors.ts';
import type { Faults } from '../faults.ts';
import type { Store } from '../store.ts';

export interface AlarmParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly faults: Faults;
  /** Steps the order's due deadlines. Resolves after the commit. */
  ring(orderId: string): Promise<void>;
}

export class Alarm {
  readonly #parts: AlarmParts;
  #cancel: (() => void) | undefined;
  #ringsAt = Number.POSITIVE_INFINITY;
  #ringing: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: AlarmParts) {
    this.#parts = parts;
  }

  /** An order was committed that has to be woken at `wakeAt` (ms since 1970). */
  set(wakeAt: number | null): void {
    if (wakeAt === null || wakeAt >= this.#ringsAt) return;
    this.#ringsAt = wakeAt;
    if (!this.#ringing) this.#schedule();
  }

  /** Rings for everything that is due, then sets the timer for what comes next. */
  ring(): Promise<void> {
    this.#ringing ??= this.#ring().finally(() => {
      this.#ringing = undefined;
    });
    return this.#ringing;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#ringing;
  }

  async #ring(): Promise<void> {
    const { store, clock, settings, logger } = this.#parts;
    this.#ringsAt = Number.POSITIVE_INFINITY;
    try {
      const failed = await this.#ringDue();
      // What just failed is still due: it is left until the next poll.
      if (!failed) this.set((await store.nextWake()) ?? null);
    } catch (error) {
      logger.error({ error: describeError(error) }, 'deadlines cannot be looked up');
    }
    this.set(clock.now() + settings.POLL_MS);
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel?.();
    if (this.#stopped) return;
    this.#cancel = this.#parts.clock.schedule(() => this.ring(), this.#ringsAt - this.#parts.clock.now());
  }

  /** Returns whether any order could not be rung. */
  async #ringDue(): Promise<boolean> {
    const { store, clock, settings, ring, logger, faults } = this.#parts;
    while (!this.#stopped) {
      const orderIds = await store.dueOrders(clock.now(), settings.MAX_BATCH_ORDERS);
      if (orderIds.length > 0) faults.reach('deadline.due');
      const rung = await Promise.allSettled(orderIds.map((orderId) => ring(orderId)));
      const failures = rung.filter((each) => each.status === 'rejected');
      if (failures[0])
        logger.error(
          { error: describeError(failures[0].reason), orders: failures.length },
          'deadlines failed',
        );
      if (failures.length > 0) return true;
      if (orderIds.length < settings.MAX_BATCH_ORDERS) return false;
    }
    return false;
  }
}
