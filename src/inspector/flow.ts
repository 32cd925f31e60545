// All orders at once, as counts: who is where, for how long, how many go through each edge, and one sample of
// everything for every second of the last hour. It is told of each commit and keeps counters and the orders
// under way, never their contents; what it sends is as small for ten thousand orders as for one.
import type { Clock } from '../clock.ts';
import { limits } from '../config.ts';
import type { Host, OrderChange, OrderView } from '../host.ts';
import type { Metrics } from '../metrics.ts';
import { toPaths, toStateName } from '../step/notes.ts';
import { hasIncident, isSettled, toTopState } from '../step/view.ts';
import type { StoreFigures } from '../store.ts';
import { readCharts } from './charts.ts';
import { findTaken } from './paths.ts';
import { Recent } from './recent.ts';
import type { FlowFrame, FlowState, OrderInState, Sample, ServiceHealth } from './shapes.ts';

export interface FlowParts {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly readFigures: () => Promise<StoreFigures>;
}

interface Moving extends OrderInState {
  readonly version: number;
  readonly createdAt: number;
}

/** How far back the counts of edges and services go, and the samples. */
const windowSeconds = 300;
const sampleSeconds = 3600;
const services = ['warehouse', 'gateway', 'mailer'] as const;
const trouble = /\.(?:failed|unknown)$/;

export class Flow {
  readonly #parts: FlowParts;
  readonly #orderChart = readCharts().find(({ name }) => name === 'order');
  readonly #moving = new Map<string, Moving>();
  readonly #edges = new Recent(windowSeconds);
  readonly #answers = new Recent(windowSeconds);
  readonly #ways = new Map<string, readonly string[]>();
  readonly #lastAnswers = new Map<string, number>();
  readonly #samples: Sample[] = [];
  readonly #changed = new Map<string, Set<() => void>>();
  #settleTimes: number[] = [];
  #counts = { placed: 0, settled: 0, completed: 0, declined: 0, incidents: 0 };
  #commits = 0;
  #seeded: Promise<void> | undefined;

  constructor(parts: FlowParts) {
    this.#parts = parts;
  }

  /** Told after each commit. */
  note = (change: OrderChange): void => {
    const { orderId, at, state } = change;
    this.#countMessages(change);
    const known = this.#moving.get(orderId);
    const order = state.actors.get('order');
    if (order === undefined || (known && known.version >= state.version)) return;
    const incident = hasIncident(state);
    if (incident && known?.incident !== true) this.#counts.incidents += 1;
    if (isSettled(state) && !incident) {
      this.#moving.delete(orderId);
      this.#countSettled(toTopState(order.snapshot), at - state.createdAt);
    } else {
      const { customerId, amount, currency } = order.snapshot.context;
      this.#moving.set(orderId, {
        ...{
          id: orderId,
          customerId: String(customerId),
          amount: Number(amount),
          currency: String(currency),
        },
        ...{ state: toStateName(order.snapshot), since: order.since, incident },
        ...{ version: state.version, createdAt: state.createdAt },
      });
    }
    for (const wake of this.#changed.get(orderId) ?? []) wake();
  };

  #countMessages({ at, received, passed }: OrderChange): void {
    for (const { type } of received) {
      if (type === 'order.place') this.#counts.placed += 1;
      if (type === 'gateway.declined') this.#counts.declined += 1;
      const service = services.find((name) => type.startsWith(`${name}.`));
      if (service === undefined) continue;
      this.#answers.add(service);
      if (trouble.test(type)) this.#answers.add(`${service} trouble`);
      this.#lastAnswers.set(service, at);
    }
    for (const { to, message, taken } of passed) {
      if (to !== 'order' || taken === undefined || taken.was === taken.is) continue;
      for (const edge of this.#findWay(taken.was.value, taken.is.value, message.type)) this.#edges.add(edge);
    }
  }

  /** The same few ways are taken again and again. */
  #findWay(was: Parameters<typeof toPaths>[0], is: Parameters<typeof toPaths>[0], on: string) {
    const [left, entered] = [toPaths(was), toPaths(is)];
    const key = `${left.join()}>${entered.join()}>${on}`;
    const known = this.#ways.get(key);
    if (known !== undefined || this.#orderChart === undefined) return known ?? [];
    const way = findTaken(this.#orderChart, left, entered, on);
    this.#ways.set(key, way);
    return way;
  }

  #countSettled(top: string, ms: number): void {
    this.#counts.settled += 1;
    if (top === 'completed') this.#counts.completed += 1;
    if (this.#settleTimes.length < limits.eventPage) this.#settleTimes.push(ms);
  }

  /** Learns of the orders that were under way before this process started. Done once, page by page. */
  seed(host: Host): Promise<void> {
    this.#seeded ??= this.#learn(host);
    return this.#seeded;
  }

  async #learn(host: Host): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await host.list({
        settled: false,
        limit: limits.page,
        ...(after === undefined ? {} : { after }),
      });
      for (const view of page) if (!this.#moving.has(view.id)) this.#moving.set(view.id, toMoving(view));
      after = page.at(-1)?.id;
      if (page.length < limits.page) return;
      await new Promise<void>((resolve) => this.#parts.clock.soon(resolve));
    }
  }

  /** Closes the present second and says what it came to. */
  async tick(): Promise<Sample> {
    const at = this.#parts.clock.now();
    const times = this.#settleTimes.sort((a, b) => a - b);
    const commits = await this.#readCommits();
    const sample: Sample = {
      at,
      ...this.#counts,
      commits: Math.max(0, commits - this.#commits),
      queue: (await this.#parts.metrics.pendingMessages.get()).values[0]?.value ?? 0,
      p50Ms: times[Math.floor(times.length / 2)] ?? null,
      p99Ms: times[Math.floor(times.length * 0.99)] ?? null,
    };
    this.#commits = commits;
    this.#counts = { placed: 0, settled: 0, completed: 0, declined: 0, incidents: 0 };
    this.#settleTimes = [];
    this.#samples.push(sample);
    if (this.#samples.length > sampleSeconds) this.#samples.shift();
    this.#edges.turn();
    this.#answers.turn();
    return sample;
  }

  async #readCommits(): Promise<number> {
    const { values } = await this.#parts.metrics.commitSeconds.get();
    return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0;
  }

  /** The samples behind `after` (ms since 1970), oldest first. */
  samples(after: number): readonly Sample[] {
    return this.#samples.filter(({ at }) => at > after);
  }

  async frame(sample: Sample): Promise<FlowFrame> {
    const { ordersByState, incidents, unreadable } = await this.#parts.readFigures();
    return {
      at: sample.at,
      states: this.#states(sample.at),
      totals: ordersByState,
      edges: this.#edges.read(),
      windowSeconds,
      inFlight: this.#moving.size,
      incidents: incidents + unreadable,
      services: this.#health(),
      sample,
    };
  }

  #states(now: number): Record<string, FlowState> {
    const grouped = Map.groupBy(this.#moving.values(), ({ state }) => state);
    return Object.fromEntries(
      [...grouped].map(([state, orders]) => {
        const ages = orders.map(({ since }) => Math.max(0, now - since)).sort((a, b) => a - b);
        return [
          state,
          {
            count: orders.length,
            incidents: orders.filter(({ incident }) => incident).length,
            medianMs: ages[Math.floor(ages.length / 2)] ?? 0,
            oldestMs: ages.at(-1) ?? 0,
          },
        ];
      }),
    );
  }

  #health(): ServiceHealth[] {
    const answers = this.#answers.read();
    return services.map((name) => ({
      name,
      answers: answers[name]?.recent ?? 0,
      troubles: answers[`${name} trouble`]?.recent ?? 0,
      lastAt: this.#lastAnswers.get(name) ?? null,
    }));
  }

  /** Orders under way whose order chart is in `path` (or within), the longest waiting first. */
  ordersIn(
    path: string,
    limit: number,
  ): { readonly total: number; readonly orders: readonly OrderInState[] } {
    const found = [...this.#moving.values()]
      .filter(({ state }) => state.split(' + ').some((leaf) => leaf === path || leaf.startsWith(`${path}.`)))
      .sort((a, b) => a.since - b.since);
    return { total: found.length, orders: found.slice(0, limit) };
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

const toMoving = (view: OrderView): Moving => ({
  id: view.id,
  state: view.actors.order.state,
  customerId: view.customerId,
  amount: view.amount,
  currency: view.currency,
  since: view.actors.order.since,
  incident: view.incidents.length > 0,
  version: view.version,
  createdAt: view.createdAt,
});
