// Reads from the store which orders are in flight, and those again that other nodes changed: a few at a time, so that most of the
// time is left to the orders. It keeps none of them.
import type { Clock } from '../../clock.ts';
import type { OrderAccess, SystemView } from '../../host.ts';
import { limits } from '../../limits.ts';

/** How many times as long as it reads a page of orders it waits before the next. */
const loadingPause = 3;
/** How often orders are read again that other nodes changed, and of how many more all are read. */
const elsewherePauseMs = 1000;
const readAllFrom = 1000;

interface StoredOrdersParts {
  readonly clock: Clock;
  /** Takes an order as it is stored; undefined: there is none. False: no more are wanted. */
  take(orderId: string, view: SystemView | undefined): boolean;
  /** Orders that are taken for being in flight. */
  known(): Iterable<string>;
  isWanted(): boolean;
}

export class StoredOrders {
  readonly #parts: StoredOrdersParts;
  #elsewhere = new Set<string>();
  #areAny = false;
  #isFollowing = false;
  /** What settled here while orders are read: what was read of them is older. */
  readonly #settled = new Set<string>();
  #readings = 0;

  constructor(parts: StoredOrdersParts) {
    this.#parts = parts;
  }

  noteSettled(orderId: string): void {
    if (this.#readings > 0) this.#settled.add(orderId);
  }

  /** Takes all that are in flight, page by page, and returns their ids. */
  load(host: OrderAccess): Promise<ReadonlySet<string>> {
    return this.#reading(() => this.#load(host));
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    this.#readings += 1;
    try {
      return await read();
    } finally {
      this.#readings -= 1;
      if (this.#readings === 0) this.#settled.clear();
    }
  }

  #take(orderId: string, view: SystemView | undefined): boolean {
    return this.#settled.has(orderId) || this.#parts.take(orderId, view);
  }

  async #load(host: OrderAccess): Promise<ReadonlySet<string>> {
    const { clock } = this.#parts;
    const ids = new Set<string>();
    let after: string | undefined;
    for (;;) {
      const begun = clock.now();
      const from = after === undefined ? {} : { after };
      const page = await host.list({ settled: false, limit: limits.page, ...from });
      for (const view of page) {
        ids.add(view.id);
        if (!this.#take(view.id, view)) return ids;
      }
      after = page.at(-1)?.id;
      if (page.length < limits.page) return ids;
      await this.#pause(Math.max(1, clock.now() - begun) * loadingPause);
    }
  }

  /** Other nodes committed to these, or (undefined) to any. */
  note(host: OrderAccess, orderIds: readonly string[] | undefined): void {
    for (const orderId of orderIds ?? []) this.#elsewhere.add(orderId);
    if (orderIds === undefined || this.#elsewhere.size > readAllFrom) this.#areAny = true;
    void this.#follow(host);
  }

  async #follow(host: OrderAccess): Promise<void> {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    while (this.#parts.isWanted() && (this.#areAny || this.#elsewhere.size > 0)) {
      try {
        await this.#reading(() => this.#readAgain(host));
      } catch {
        // The store is away, and says so itself: what was changed meanwhile is any.
        this.#areAny = true;
      }
      await this.#pause(elsewherePauseMs);
    }
    this.#isFollowing = false;
  }

  async #readAgain(host: OrderAccess): Promise<void> {
    const { known } = this.#parts;
    if (this.#areAny) {
      this.#areAny = false;
      this.#elsewhere.clear();
      const before = new Set(known());
      const loaded = await this.load(host);
      // They settled, or nothing is known of them any more.
      for (const orderId of before) if (!loaded.has(orderId)) this.#elsewhere.add(orderId);
    }
    const ids = [...this.#elsewhere].slice(0, limits.page);
    for (const orderId of ids) this.#elsewhere.delete(orderId);
    const views = await Promise.all(ids.map((orderId) => host.get(orderId)));
    for (const [index, orderId] of ids.entries()) this.#take(orderId, views[index]);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.schedule(resolve, ms);
    });
  }
}
