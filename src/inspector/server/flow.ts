// All orders at once: how many are in each state, and what moves. It observes commits while a page is open and for a
// while after, and forgets then; otherwise no commit costs anything. It reads from the store which orders are in
// flight, then follows each commit, and keeps counters and places, never contents.
import { type Application, viewOf } from '../../application.ts';
import { sumOrders } from '../../chart-versions.ts';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { CommitObserver, OrderAccess, OrderChange, SystemView } from '../../host.ts';
import { limits } from '../../limits.ts';
import type { SloTracker } from '../../slo-tracker.ts';
import { hasIncident, isSettled, toMainState } from '../../step/view.ts';
import type { StoreFigures } from '../../store.ts';
import { type FlowFilter, matches } from './filter.ts';
import { FilteredView } from './filtered-view.ts';
import { type InFlightOrder, toInFlight } from './in-flight.ts';
import type { FlowFrame, HolderList, OrderList, Sample, ServiceHealth } from './protocol.ts';
import { StoredOrders } from './stored-orders.ts';
import { TakenEdges } from './taken-edges.ts';

export interface FlowParts {
  readonly application: Application;
  readonly clock: Clock;
  readonly readFigures: () => Promise<StoreFigures>;
  readonly slos?: SloTracker;
}

/** How long it observes after the last page was closed: a page that is reloaded finds its counts again. */
const lingerMs = 60_000;
/** How long counted orders are current: so long, and so many times as long as counting them took. */
const figuresPauseMs = 500;
const figuresPause = 100;

/** A filtered view and how many pages show it. */
interface OpenView {
  readonly view: FilteredView;
  readers: number;
  cancelEnd: () => void;
}

export class Flow implements CommitObserver {
  readonly #parts: FlowParts;
  readonly #edges: TakenEdges;
  readonly #inFlight = new Map<string, InFlightOrder>();
  readonly #views = new Map<string, OpenView>();
  /** Changes since the last frame, by order. */
  readonly #pending = new Map<string, OrderChange[]>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #isLoading = false;
  #loading: Promise<void> | undefined;
  readonly #stored: StoredOrders;
  #host: OrderAccess | undefined;
  #isClosed = false;
  #figures: { readonly figures: StoreFigures; readonly until: number } | undefined;

  constructor(parts: FlowParts) {
    this.#parts = parts;
    this.#edges = new TakenEdges(parts.application);
    this.#stored = new StoredOrders({
      clock: parts.clock,
      take: (...stored) => this.#take(...stored),
      known: () => this.#inFlight.keys(),
      isWanted: () => this.isObserving() && !this.#isClosed,
    });
  }

  isObserving = (): boolean => this.#views.size > 0;

  /** Keeps the flow going for a while, for who reads it without a page that is open. */
  touch(host: OrderAccess): void {
    this.open(host, {}).leave();
  }

  /**
   * Opens the view of a filter. Orders that were in flight before are loaded meanwhile.
   * @throws AppError `overloaded` when pages watch as many other filters as there may be.
   */
  open(host: OrderAccess, filter: FlowFilter): { readonly view: FilteredView; leave(): void } {
    this.#host = host;
    const key = JSON.stringify(Object.entries(filter).sort());
    const created = {
      view: new FilteredView(filter, this.#parts.clock.now()),
      readers: 0,
      cancelEnd: () => {},
    };
    const known = this.#views.get(key);
    if (known === undefined && !created.view.isComplete) this.#makeRoom();
    const open = known ?? created;
    this.#views.set(key, open);
    open.readers += 1;
    open.cancelEnd();
    const leave = (): void => {
      open.readers -= 1;
      if (open.readers > 0 || this.#isClosed) return;
      open.cancelEnd = this.#parts.clock.schedule(() => this.#end(key), lingerMs);
    };
    // After a failure (the store is closing), the next page that is opened starts again.
    this.#loading ??= this.#load(host).catch(() => {
      this.#loading = undefined;
    });
    return { view: open.view, leave };
  }

  /** Ends the view of a filter that no page shows any more, if there are as many as there may be. */
  #makeRoom(): void {
    const filtered = [...this.#views].filter(([, { view }]) => !view.isComplete);
    if (filtered.length < limits.flowFilters) return;
    const [unused] = filtered.find(([, { readers }]) => readers === 0) ?? [];
    if (unused === undefined) {
      const detail = `Pages show the flow with ${limits.flowFilters} different filters, the most at the same time.`;
      throw new AppError('overloaded', `${detail} Use one of theirs or none, or close a page.`);
    }
    this.#views.get(unused)?.cancelEnd();
    this.#views.delete(unused);
  }

  /** Resolves when all orders that were in flight before are known. */
  loaded(): Promise<void> {
    return this.#loading ?? Promise.resolve();
  }

  #end(key: string): void {
    this.#views.delete(key);
    if (this.#views.size > 0) return;
    this.#inFlight.clear();
    this.#pending.clear();
    this.#loading = undefined;
  }

  /** Pages that leave after this hold up no end of the process. */
  close(): void {
    this.#isClosed = true;
    for (const { cancelEnd } of this.#views.values()) cancelEnd();
  }

  async #load(host: OrderAccess): Promise<void> {
    this.#isLoading = true;
    try {
      await this.#stored.load(host);
    } finally {
      this.#isLoading = false;
    }
  }

  /** Takes an order as it is stored, unless more is known of it here. How it came there is not known. */
  #take(orderId: string, view: SystemView | undefined): boolean {
    const { application } = this.#parts;
    const known = this.#inFlight.get(orderId);
    if (view === undefined || (view.settled && view.incidents.length === 0)) {
      this.#inFlight.delete(orderId);
      if (known === undefined || view === undefined) return true;
      const order = toInFlight(application, view);
      for (const { view: each } of this.#views.values()) each.noteEnd(order, view.state);
    } else if ((known?.version ?? 0) < view.version) {
      this.#inFlight.set(orderId, toInFlight(application, view));
    }
    return this.#inFlight.size < limits.inspectedOrders;
  }

  /** What other nodes commit is read from the store: how many are where is right, and nothing moves on the chart. */
  noteElsewhere = (orderIds: readonly string[] | undefined): void => {
    for (const orderId of orderIds ?? this.#waiting.keys()) this.#wake(orderId);
    if (this.#host && this.isObserving()) this.#stored.note(this.#host, orderIds);
  };

  #wake(orderId: string): void {
    for (const wake of this.#waiting.get(orderId) ?? []) wake();
  }

  /** Keeps the change for later: most orders go through many states between two frames, and only the last counts. */
  note = (change: OrderChange): void => {
    const { orderId } = change;
    const before = this.#pending.get(orderId);
    if (before) before.push(change);
    else this.#pending.set(orderId, [change]);
    if (this.#waiting.size > 0) this.#wake(orderId);
  };

  #applyPending(): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const changes of pending) this.#apply(changes);
  }

  #apply(changes: readonly OrderChange[]): void {
    const { application } = this.#parts;
    const last = changes.at(-1);
    if (last === undefined) return;
    const { orderId, state } = last;
    const known = this.#inFlight.get(orderId);
    if (known && known.version >= state.version) return;
    const views = [...this.#views.values()].map(({ view }) => view);
    const isGone = isSettled(state) && !hasIncident(state);
    const isNeeded = !isGone || views.some(({ isComplete }) => !isComplete);
    const order = isNeeded ? toInFlight(application, viewOf(application, orderId, state)) : undefined;
    const edges = changes.flatMap((change) => this.#edges.find(change));
    for (const view of views) view.noteEdges(order, edges);
    if (isGone) {
      this.#inFlight.delete(orderId);
      this.#stored.noteSettled(orderId);
      for (const view of views) view.noteEnd(order, toMainState(application, state));
    } else if (order && (known || this.#inFlight.size < limits.inspectedOrders)) {
      this.#inFlight.set(orderId, order);
    }
  }

  /** Ends the present second of every view. */
  endSecond(): void {
    this.#applyPending();
    for (const { view } of this.#views.values()) view.endSecond();
  }

  async frame(view: FilteredView, sample: Sample, services: readonly ServiceHealth[]): Promise<FlowFrame> {
    const { ordersByState, incidents, unreadable } = await this.#readFigures();
    const { ended, ...seen } = view.read(this.#inFlight.values(), sample.at);
    return {
      at: sample.at,
      ...seen,
      totals: view.isComplete ? ordersByState : ended,
      isFiltered: !view.isComplete,
      isLoading: this.#isLoading,
      isTruncated: this.#inFlight.size >= limits.inspectedOrders,
      incidents: incidents + sumOrders(unreadable),
      services,
      slos: this.#parts.slos?.read() ?? [],
      sample,
    };
  }

  /** Counting all orders of a large store takes its time: it is done so rarely that it never dominates. */
  async #readFigures(): Promise<StoreFigures> {
    const { clock, readFigures } = this.#parts;
    const begun = clock.now();
    if (this.#figures && begun < this.#figures.until) return this.#figures.figures;
    const figures = await readFigures();
    const tookMs = clock.now() - begun;
    this.#figures = { figures, until: begun + Math.max(figuresPauseMs, tookMs * figuresPause) };
    return figures;
  }

  /** Orders in flight whose main actor is in `path` (or within), the longest waiting first. */
  ordersIn(path: string, filter: FlowFilter, limit: number): OrderList {
    this.#applyPending();
    const isHere = (leaf: string): boolean => leaf === path || leaf.startsWith(`${path}.`);
    const found = [...this.#inFlight.values()]
      .filter((order) => order.state.split(' + ').some(isHere) && matches(filter, order))
      .sort((a, b) => a.since - b.since);
    return { total: found.length, orders: found.slice(0, limit) };
  }

  /** Orders that hold something of `holding`, those first that expire first. */
  holders(holding: string, limit: number): HolderList {
    this.#applyPending();
    const latest = Number.POSITIVE_INFINITY;
    const found = [...this.#inFlight.values()]
      .flatMap((order) => {
        const held = order.holdings.filter(({ id, isHeld }) => isHeld && id === holding);
        const quantity = held.reduce((sum, each) => sum + each.quantity, 0);
        return quantity === 0 ? [] : [{ ...order, quantity, until: held[0]?.until ?? null }];
      })
      .sort((a, b) => (a.until ?? latest) - (b.until ?? latest));
    return { total: found.length, holders: found.slice(0, limit) };
  }

  /** Resolves when a commit changes the order, when `withinMs` have passed, or when `signal` is aborted. */
  async untilChanged(orderId: string, withinMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(orderId) ?? new Set();
    this.#waiting.set(orderId, waiting.add(resolve));
    const cancel = this.#parts.clock.schedule(resolve, withinMs);
    const leave = () => resolve();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) resolve();
    await promise;
    cancel();
    signal.removeEventListener('abort', leave);
    waiting.delete(resolve);
    if (waiting.size === 0) this.#waiting.delete(orderId);
  }
}
