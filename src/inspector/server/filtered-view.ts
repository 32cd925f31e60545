// What the pages with one filter see of the flow: how many orders are in each state, for how long, and how many took
// each edge. It is as small for ten thousand orders as for one.
import { type FlowFilter, matches } from './filter.ts';
import type { InFlightOrder } from './in-flight.ts';
import type { FlowState } from './protocol.ts';
import { RollingCounter } from './rolling-counter.ts';

const windowSeconds = 300;

export class FilteredView {
  readonly filter: FlowFilter;
  /** The filter leaves nothing out. */
  readonly isComplete: boolean;
  readonly #edges = new RollingCounter(windowSeconds);
  readonly #ended = new Map<string, number>();
  readonly #since: number;

  /** @param since when it begins, in ms since 1970 */
  constructor(filter: FlowFilter, since: number) {
    this.filter = filter;
    this.isComplete = Object.values(filter).every((value) => value === undefined);
    this.#since = since;
  }

  #includes(order: InFlightOrder | undefined): boolean {
    return this.isComplete || (order !== undefined && matches(this.filter, order));
  }

  /** @param order may be left out when the view is complete */
  noteEdges(order: InFlightOrder | undefined, edges: readonly string[]): void {
    if (edges.length === 0 || !this.#includes(order)) return;
    for (const edge of edges) this.#edges.add(edge);
  }

  noteEnd(order: InFlightOrder | undefined, state: string): void {
    if (this.#includes(order)) this.#ended.set(state, (this.#ended.get(state) ?? 0) + 1);
  }

  endSecond(): void {
    this.#edges.endSecond();
  }

  read(orders: Iterable<InFlightOrder>, now: number) {
    const ages = new Map<string, { readonly ms: number[]; incidents: number }>();
    let inFlight = 0;
    const versions: Record<string, number> = {};
    for (const order of orders) {
      if (!matches(this.filter, order)) continue;
      inFlight += 1;
      versions[order.chartVersion] = (versions[order.chartVersion] ?? 0) + 1;
      for (const path of toPathsAround(order.state)) {
        const known = ages.get(path) ?? { ms: [], incidents: 0 };
        known.ms.push(Math.max(0, now - order.since));
        if (order.hasIncident) known.incidents += 1;
        ages.set(path, known);
      }
    }
    return {
      inFlight,
      versions,
      states: Object.fromEntries(
        [...ages].map(([path, { ms, incidents }]) => [path, toState(ms, incidents)]),
      ),
      ended: Object.fromEntries(this.#ended),
      edges: this.#edges.read(),
      countedMs: Math.min(windowSeconds * 1000, Math.max(0, now - this.#since)),
    };
  }
}

const toState = (ms: readonly number[], incidents: number): FlowState => {
  const sorted = Float64Array.from(ms).sort();
  return {
    count: sorted.length,
    incidents,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    oldestMs: sorted.at(-1) ?? 0,
  };
};

const pathsAround = new Map<string, readonly string[]>();
/** The paths of a state's name, and of every state around them; kept, for the same few names return again and again. */
const toPathsAround = (name: string): readonly string[] => {
  const known = pathsAround.get(name);
  if (known) return known;
  const leaves = name.split(' + ').map((leaf) => leaf.split('.'));
  const paths = leaves.flatMap((parts) => parts.map((_, index) => parts.slice(0, index + 1).join('.')));
  const unique = [...new Set(paths)];
  pathsAround.set(name, unique);
  return unique;
};
