// All orders at once: who is where, and what moves. It begins when somebody looks and forgets when nobody has
// for a while; until then no commit costs anything. It learns from the store who is under way, then from each
// commit, and keeps counters and places, never contents.
import type { Clock } from '../clock.ts';
import { limits } from '../config.ts';
import type { Host, Onlooker, OrderChange } from '../host.ts';
import { toPaths } from '../step/notes.ts';
import { hasIncident, isSettled, toTopState } from '../step/view.ts';
import type { StoreFigures } from '../store.ts';
import { readCharts } from './charts.ts';
import { type FlowFilter, matches } from './filter.ts';
import { fromView, type Moving, toMoving } from './moving.ts';
import { findTaken } from './paths.ts';
import { Scene } from './scene.ts';
import type { FlowFrame, Holder, OrderInState, Sample, ServiceHealth } from './shapes.ts';

export interface FlowParts {
  readonly clock: Clock;
  readonly readFigures: () => Promise<StoreFigures>;
}

/** How long it goes on after the last reader left: one that reloads its page finds its counts again. */
const lingerMs = 60_000;
/** How many times as long as it reads a page it waits before the next. */
const learningPause = 3;
/** How long counted orders stand: so long, and so many times as long as counting them took. */
const figuresPauseMs = 500;
const figuresPause = 100;

interface Look {
  readonly scene: Scene;
  readers: number;
  stop: () => void;
}

export class Flow implements Onlooker {
  readonly #parts: FlowParts;
  readonly #orderChart = readCharts().find(({ name }) => name === 'order');
  readonly #moving = new Map<string, Moving>();
  readonly #looks = new Map<string, Look>();
  /** Changes since the last frame, by order. */
  readonly #pending = new Map<string, OrderChange[]>();
  readonly #ways = new Map<string, readonly string[]>();
  readonly #changed = new Map<string, Set<() => void>>();
  /** While it learns from the store: what settled meanwhile and must not come back. */
  #settledMeanwhile: Set<string> | undefined;
  #learning: Promise<void> | undefined;
  #figures: { readonly figures: StoreFigures; readonly until: number } | undefined;

  constructor(parts: FlowParts) {
    this.#parts = parts;
  }

  isLooking = (): boolean => this.#looks.size > 0;

  /** Begins to look, or goes on. The reader says when it leaves. What was under way before is learned meanwhile. */
  look(host: Host, filter: FlowFilter): { readonly scene: Scene; leave(): void } {
    const key = JSON.stringify(Object.entries(filter).sort());
    const scene = new Scene(filter, this.#parts.clock.now());
    const look = this.#looks.get(key) ?? { scene, readers: 0, stop: () => {} };
    this.#looks.set(key, look);
    look.readers += 1;
    look.stop();
    const leave = (): void => {
      look.readers -= 1;
      if (look.readers === 0) look.stop = this.#parts.clock.schedule(() => this.#end(key), lingerMs);
    };
    // What fails (the store is closing) is begun again by whoever looks next.
    this.#learning ??= this.#learn(host).catch(() => {
      this.#learning = undefined;
    });
    return { scene: look.scene, leave };
  }

  /** Resolves when all that was under way when somebody began to look is known. */
  learned(): Promise<void> {
    return this.#learning ?? Promise.resolve();
  }

  #end(key: string): void {
    this.#looks.delete(key);
    if (this.#looks.size > 0) return;
    this.#moving.clear();
    this.#pending.clear();
    this.#learning = undefined;
  }

  /** Ends what lingers. */
  close(): void {
    for (const { stop } of this.#looks.values()) stop();
  }

  /** Learns from the store which orders are under way, page by page, and leaves most of the time to the orders. */
  async #learn(host: Host): Promise<void> {
    this.#settledMeanwhile = new Set();
    try {
      let after: string | undefined;
      for (;;) {
        const begun = this.#parts.clock.now();
        const from = after === undefined ? {} : { after };
        const page = await host.list({ settled: false, limit: limits.page, ...from });
        for (const view of page) this.#meet(view.id, fromView(view));
        after = page.at(-1)?.id;
        if (page.length < limits.page || this.#moving.size >= limits.inspectedOrders) return;
        const tookMs = Math.max(1, this.#parts.clock.now() - begun);
        await new Promise<void>((resolve) => this.#parts.clock.schedule(resolve, tookMs * learningPause));
      }
    } finally {
      this.#settledMeanwhile = undefined;
    }
  }

  #meet(id: string, order: Moving): void {
    if (!this.#moving.has(id) && !this.#settledMeanwhile?.has(id)) this.#moving.set(id, order);
  }

  /** Puts the change aside: most orders go through many states between two frames, and only the last is placed. */
  note = (change: OrderChange): void => {
    const { orderId } = change;
    const before = this.#pending.get(orderId);
    if (before) before.push(change);
    else this.#pending.set(orderId, [change]);
    if (this.#changed.size === 0) return;
    for (const wake of this.#changed.get(orderId) ?? []) wake();
  };

  #absorb(): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const changes of pending) this.#take(changes);
  }

  #take(changes: readonly OrderChange[]): void {
    const last = changes.at(-1);
    const chart = last?.state.actors.get('order');
    if (last === undefined || chart === undefined) return;
    const { orderId, state } = last;
    const known = this.#moving.get(orderId);
    if (known && known.version >= state.version) return;
    const scenes = [...this.#looks.values()].map(({ scene }) => scene);
    const isGone = isSettled(state) && !hasIncident(state);
    const isWanted = !isGone || scenes.some(({ isWhole }) => !isWhole);
    const order = isWanted ? toMoving(last, known) : undefined;
    const edges = changes.flatMap((change) => this.#findEdges(change));
    for (const scene of scenes) scene.noteEdges(order, edges);
    if (isGone) {
      this.#moving.delete(orderId);
      this.#settledMeanwhile?.add(orderId);
      for (const scene of scenes) scene.noteEnd(order, toTopState(chart.snapshot));
    } else if (order && (known || this.#moving.size < limits.inspectedOrders)) {
      this.#moving.set(orderId, order);
    }
  }

  #findEdges({ passed }: OrderChange): readonly string[] {
    return passed.flatMap(({ to, message, taken }) =>
      to !== 'order' || taken === undefined || taken.was === taken.is
        ? []
        : this.#findWay(toPaths(taken.was.value), toPaths(taken.is.value), message.type),
    );
  }

  /** The same few ways are taken again and again. */
  #findWay(left: readonly string[], entered: readonly string[], on: string): readonly string[] {
    const key = `${left.join()}>${entered.join()}>${on}`;
    const known = this.#ways.get(key);
    if (known !== undefined || this.#orderChart === undefined) return known ?? [];
    const way = findTaken(this.#orderChart, left, entered, on);
    this.#ways.set(key, way);
    return way;
  }

  /** Ends the present second for those who look. */
  turn(): void {
    this.#absorb();
    for (const { scene } of this.#looks.values()) scene.turn();
  }

  async frame(scene: Scene, sample: Sample, services: readonly ServiceHealth[]): Promise<FlowFrame> {
    const { ordersByState, incidents, unreadable } = await this.#readFigures();
    const { ended, ...seen } = scene.read(this.#moving.values(), sample.at);
    return {
      at: sample.at,
      ...seen,
      totals: scene.isWhole ? ordersByState : ended,
      isFiltered: !scene.isWhole,
      isLearning: this.#settledMeanwhile !== undefined,
      isCut: this.#moving.size >= limits.inspectedOrders,
      incidents: incidents + unreadable,
      services,
      sample,
    };
  }

  /** Counting all orders of a large store takes its time: it is done so seldom that it never takes over. */
  async #readFigures(): Promise<StoreFigures> {
    const { clock, readFigures } = this.#parts;
    const begun = clock.now();
    if (this.#figures && begun < this.#figures.until) return this.#figures.figures;
    const figures = await readFigures();
    const tookMs = clock.now() - begun;
    this.#figures = { figures, until: begun + Math.max(figuresPauseMs, tookMs * figuresPause) };
    return figures;
  }

  /** Orders under way whose order chart is in `path` (or within), the longest waiting first. */
  ordersIn(
    path: string,
    filter: FlowFilter,
    limit: number,
  ): { readonly total: number; readonly orders: readonly OrderInState[] } {
    this.#absorb();
    const isHere = (leaf: string): boolean => leaf === path || leaf.startsWith(`${path}.`);
    const found = [...this.#moving.values()]
      .filter((order) => order.state.split(' + ').some(isHere) && matches(filter, order))
      .sort((a, b) => a.since - b.since);
    return { total: found.length, orders: found.slice(0, limit) };
  }

  /** Orders that hold stock of a product, those first whose reservation ends first. */
  holders(productId: string, limit: number): { readonly total: number; readonly holders: readonly Holder[] } {
    this.#absorb();
    const found = [...this.#moving.values()].flatMap(
      ({ id, customerId, state, shares, isHolding, heldUntil: until }): Holder[] => {
        const ours = isHolding ? shares.filter((share) => share.productId === productId) : [];
        const quantity = ours.reduce((sum, share) => sum + share.quantity, 0);
        return quantity === 0 ? [] : [{ id, customerId, state, quantity, until }];
      },
    );
    const latest = Number.POSITIVE_INFINITY;
    const sorted = found.sort((a, b) => (a.until ?? latest) - (b.until ?? latest));
    return { total: found.length, holders: sorted.slice(0, limit) };
  }

  /** Resolves when a commit changes the order, when `withinMs` have passed, or when `signal` is aborted. */
  async untilChanged(orderId: string, withinMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#changed.get(orderId) ?? new Set();
    this.#changed.set(orderId, waiting.add(resolve));
    const cancel = this.#parts.clock.schedule(resolve, withinMs);
    const leave = () => resolve();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) resolve();
    await promise;
    cancel();
    signal.removeEventListener('abort', leave);
    waiting.delete(resolve);
    if (waiting.size === 0) this.#changed.delete(orderId);
  }
}
