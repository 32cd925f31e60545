// A host, a catalogue and identifiers that tests of the HTTP edge hold in their hands: everything in
// memory, no chart, no store. It keeps the promises of src/host.ts that the edge relies on and no others.
import type { Ids } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import type {
  Delivery,
  Host,
  HostHealth,
  Idempotency,
  Move,
  OrderView,
  Outcome,
  Placement,
  Receipt,
} from '../../src/host.ts';
import type {
  Catalogue,
  IdempotencyRecord,
  JournalEvent,
  OrderFilter,
  Product,
  ProductSetting,
  Received,
} from '../../src/store.ts';
import type { createFakeClock } from '../fake-clock.ts';

type Clock = ReturnType<typeof createFakeClock>;

/** 2026-01-31T12:00:00.000Z */
export const noon = 1_769_860_800_000;

export class FakeIds implements Ids {
  count = 0;
  next(): string {
    this.count += 1;
    return `01900000-0000-7000-8000-${String(this.count).padStart(12, '0')}`;
  }
}

export class FakeCatalogue implements Catalogue {
  readonly kept = new Map<string, Product>();
  /** Set: every change fails with it. */
  failing: Error | undefined;

  set(productId: string, setting: ProductSetting, held = 0): Product {
    const sold = this.kept.get(productId)?.sold ?? 0;
    const product = { productId, ...setting, held, sold, available: setting.onHand - held };
    this.kept.set(productId, product);
    return product;
  }
  async products({ after = '', limit }: { readonly after?: string; readonly limit: number }) {
    const all = [...this.kept.values()].sort((a, b) => (a.productId < b.productId ? -1 : 1));
    return all.filter(({ productId }) => productId > after).slice(0, limit);
  }
  async product(productId: string) {
    return this.kept.get(productId);
  }
  async putProduct(productId: string, setting: ProductSetting) {
    if (this.failing !== undefined) throw this.failing;
    const held = this.kept.get(productId)?.held ?? 0;
    if (setting.onHand < held) throw new AppError('stock-below-held', `Orders hold ${held}.`);
    return this.set(productId, setting, held);
  }
  async seedProducts() {
    return false;
  }
}

const cancel: Move = { move: 'cancel', by: 'customer' };

export class FakeHost implements Host {
  readonly clock: Clock;
  readonly ids: FakeIds;
  readonly orders = new Map<string, OrderView>();
  readonly journal: JournalEvent[] = [];
  readonly messages = new Map<string, Received[]>();
  readonly records = new Map<string, IdempotencyRecord>();
  readonly placements: Placement[] = [];
  readonly deliveries: Delivery[] = [];
  readonly amendments: string[] = [];
  healthNow: HostHealth = { ready: true, reason: null };
  roomNow = true;
  /** Set: the named method fails with it. */
  readonly failing: Partial<Record<keyof Host, Error>> = {};
  /** What is awaited before `place` commits. */
  gate: Promise<void> = Promise.resolve();
  /** How many events each watcher has taken from the journal. */
  readonly taken: number[] = [];
  watchers = 0;
  #changed = new Set<() => void>();

  constructor(clock: Clock, ids: FakeIds) {
    this.clock = clock;
    this.ids = ids;
  }

  knock(): void {}

  isPrompt(): boolean {
    return this.roomNow;
  }

  /** Resolves when `fact` holds; it is looked at after every change. */
  async until(fact: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!fact() && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#changed.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#changed.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
  }
  #announce(): void {
    for (const wake of [...this.#changed]) wake();
  }

  add(placement: Partial<Placement> & { readonly orderId: string }): OrderView {
    const actor = (state: string, settled: boolean) => ({
      state,
      description: `in words: ${state}`,
      settled,
      since: this.clock.now(),
    });
    const view: OrderView = {
      id: placement.orderId,
      version: 1,
      state: 'validating',
      settled: false,
      actors: {
        order: actor('validating', false),
        inventory: actor('checking', false),
        payment: actor('idle', true),
        notification: actor('idle', true),
      },
      customerId: placement.customerId ?? 'customer-1',
      email: placement.email ?? 'ada@example.com',
      currency: placement.currency ?? 'EUR',
      items: placement.items ?? [],
      amount: placement.amount ?? 0,
      paidAmount: 0,
      refundedAmount: 0,
      failure: null,
      problems: [],
      incidents: [],
      deadlines: [{ actor: 'order', name: 'validateWithin', dueAt: this.clock.now() + 60_000 }],
      calls: [],
      allowed: [cancel],
      correlationId: placement.orderId,
      chartVersion: '1',
      createdAt: this.clock.now(),
      updatedAt: this.clock.now(),
    };
    this.orders.set(view.id, view);
    this.record(view.id, 'order.created', { amount: view.amount });
    return view;
  }
  change(orderId: string, patch: Partial<OrderView>): OrderView {
    const before = this.orders.get(orderId);
    if (before === undefined) throw new Error(`no order ${orderId}`);
    const view = { ...before, version: before.version + 1, ...patch };
    this.orders.set(orderId, view);
    this.#announce();
    return view;
  }
  record(orderId: string, type: string, data: Readonly<Record<string, unknown>> = {}): JournalEvent {
    const event: JournalEvent = {
      orderId,
      position: this.journal.length + 1,
      eventId: this.ids.next(),
      seq: this.journal.filter((other) => other.orderId === orderId).length + 1,
      actor: 'order',
      type,
      schemaVersion: 1,
      data,
      causationId: 'the-cause',
      correlationId: orderId,
      at: this.clock.now(),
    };
    this.journal.push(event);
    this.#announce();
    return event;
  }
  /** Everything that a refused request must leave as it was. */
  stored(): unknown {
    return structuredClone([
      [...this.orders.values()],
      this.journal,
      [...this.records.values()],
      this.placements.length,
      this.deliveries.length,
    ]);
  }

  #fail(method: keyof Host): void {
    const error = this.failing[method];
    if (error !== undefined) throw error;
  }
  #keep(idempotency: Idempotency | undefined, view: OrderView): void {
    if (idempotency === undefined) return;
    const { scope, key, fingerprint } = idempotency;
    const answer = idempotency.respond(view);
    this.records.set(`${scope} ${key}`, {
      scope,
      key,
      fingerprint,
      orderId: view.id,
      ...answer,
      at: this.clock.now(),
    });
  }

  async place(placement: Placement, idempotency?: Idempotency) {
    await this.gate;
    this.#fail('place');
    const record = idempotency && this.records.get(`${idempotency.scope} ${idempotency.key}`);
    if (record !== undefined) return { outcome: 'replayed', record } as const;
    this.placements.push(placement);
    const view = this.add({ ...placement, orderId: placement.orderId ?? this.ids.next() });
    this.#keep(idempotency, view);
    this.#announce();
    return { outcome: 'done', result: view } as const;
  }
  /** Set: what `send` comes to. */
  receipt: Receipt | undefined;
  async send(delivery: Delivery): Promise<Outcome<Receipt>> {
    this.#fail('send');
    if (this.receipt !== undefined) return { outcome: 'done', result: this.receipt };
    const { orderId, ifVersion, idempotency } = delivery;
    const view = this.orders.get(orderId);
    if (view === undefined) throw new AppError('order-not-found', `There is no order ${orderId}.`);
    if (ifVersion !== undefined && ifVersion !== view.version) {
      throw new AppError('version-mismatch', `The order has version ${view.version}.`, {
        version: view.version,
      });
    }
    const words = { 'order.cancel': 'cancel', 'order.capture': 'capture', 'order.refund': 'refunds' };
    const { type } = delivery.message;
    const move = Object.hasOwn(words, type) ? Reflect.get(words, type) : type.replace('incident.', '');
    if (!view.allowed.some((open) => open.move === move)) {
      throw new AppError('move-not-allowed', `The order does not take ${move} now.`, {
        allowed: view.allowed,
        secret: 'for callers inside the program',
      });
    }
    this.deliveries.push(delivery);
    const moved = this.change(orderId, { state: `after-${move}` });
    this.#keep(idempotency, moved);
    return { outcome: 'done', result: { disposition: 'applied', reason: null, view: moved } };
  }
  async get(orderId: string) {
    this.#fail('get');
    return this.orders.get(orderId);
  }
  async list(filter: OrderFilter) {
    this.#fail('list');
    const newestFirst = [...this.orders.values()].reverse();
    const from = newestFirst.findIndex(({ id }) => id === filter.after) + 1;
    return newestFirst
      .slice(from)
      .filter(
        (view) =>
          view.state === (filter.state ?? view.state) &&
          view.settled === (filter.settled ?? view.settled) &&
          view.customerId === (filter.customerId ?? view.customerId) &&
          view.incidents.length > 0 === (filter.incident ?? view.incidents.length > 0) &&
          view.createdAt >= (filter.createdFrom ?? 0) &&
          view.createdAt < (filter.createdBefore ?? Number.POSITIVE_INFINITY),
      )
      .slice(0, filter.limit);
  }
  async history(orderId: string, after: number, limit: number) {
    return this.journal
      .filter((event) => event.orderId === orderId && event.position > after)
      .slice(0, limit);
  }
  async received(orderId: string, after: number, limit: number) {
    return (this.messages.get(orderId) ?? []).filter(({ version }) => version > after).slice(0, limit);
  }
  async events(filter: {
    readonly types?: readonly string[];
    readonly after: number;
    readonly limit: number;
  }) {
    const { types, after, limit } = filter;
    return this.journal
      .filter(({ type, position }) => position > after && (types?.includes(type) ?? true))
      .slice(0, limit);
  }
  async *watch({
    orderId,
    types,
    after,
    signal,
  }: Parameters<Host['watch']>[0]): AsyncGenerator<JournalEvent> {
    this.watchers += 1;
    const watcher = this.taken.push(0) - 1;
    this.#announce();
    let position = after;
    try {
      while (!signal.aborted) {
        this.#fail('watch');
        for (const event of this.journal.slice(position)) {
          position = event.position;
          if (orderId !== undefined && event.orderId !== orderId) continue;
          if (types !== undefined && !types.includes(event.type)) continue;
          this.taken[watcher] = (this.taken[watcher] ?? 0) + 1;
          yield event;
          if (signal.aborted) return;
        }
        const seen = position;
        await this.until(() => this.journal.length > seen || this.failing.watch !== undefined, signal);
      }
    } finally {
      this.watchers -= 1;
      this.#announce();
    }
  }
  async lastPosition() {
    return this.journal.length;
  }
  waits = 0;
  async waitUntilSettled(orderId: string, withinMs: number, signal?: AbortSignal) {
    this.#fail('waitUntilSettled');
    let late = withinMs === 0;
    const cancelTimer = this.clock.schedule(() => {
      late = true;
      this.#announce();
    }, withinMs);
    this.waits += 1;
    this.#announce();
    const done = () => late || (this.orders.get(orderId)?.settled ?? true);
    await this.until(done, signal);
    cancelTimer();
    this.waits -= 1;
    this.#announce();
    return this.orders.get(orderId);
  }
  async recall(scope: string, key: string) {
    return this.records.get(`${scope} ${key}`);
  }
  async amend(scope: string, key: string, status: number, body: string) {
    this.#fail('amend');
    const record = this.records.get(`${scope} ${key}`);
    if (record === undefined) throw new Error('nothing to amend');
    this.records.set(`${scope} ${key}`, { ...record, status, body });
    this.amendments.push(key);
  }
  async health() {
    this.#fail('health');
    return this.healthNow;
  }
  async close() {}
}
