// What the readers of one filter see of the flow: who is where, for how long, and how many went through each
// edge since they look. As small for ten thousand orders as for one.
import { type FlowFilter, matches } from './filter.ts';
import type { Moving } from './moving.ts';
import { Recent } from './recent.ts';
import type { FlowState } from './shapes.ts';

const windowSeconds = 300;

export class Scene {
  readonly filter: FlowFilter;
  /** Whether it leaves nothing out. */
  readonly isWhole: boolean;
  readonly #edges = new Recent(windowSeconds);
  readonly #ended = new Map<string, number>();
  readonly #since: number;

  /** @param since when it begins, in ms since 1970 */
  constructor(filter: FlowFilter, since: number) {
    this.filter = filter;
    this.isWhole = Object.values(filter).every((value) => value === undefined);
    this.#since = since;
  }

  #lets(order: Moving | undefined): boolean {
    return this.isWhole || (order !== undefined && matches(this.filter, order));
  }

  /** @param order not needed where the scene is whole */
  noteEdges(order: Moving | undefined, edges: readonly string[]): void {
    if (edges.length === 0 || !this.#lets(order)) return;
    for (const edge of edges) this.#edges.add(edge);
  }

  noteEnd(order: Moving | undefined, top: string): void {
    if (this.#lets(order)) this.#ended.set(top, (this.#ended.get(top) ?? 0) + 1);
  }

  /** Ends the present second. */
  turn(): void {
    this.#edges.turn();
  }

  read(orders: Iterable<Moving>, now: number) {
    const ages = new Map<string, { readonly ms: number[]; incidents: number }>();
    let inFlight = 0;
    const versions: Record<string, number> = {};
    for (const order of orders) {
      if (!matches(this.filter, order)) continue;
      inFlight += 1;
      versions[order.chartVersion] = (versions[order.chartVersion] ?? 0) + 1;
      for (const path of toOuter(order.state)) {
        const known = ages.get(path) ?? { ms: [], incidents: 0 };
        known.ms.push(Math.max(0, now - order.since));
        if (order.incident) known.incidents += 1;
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

const outer = new Map<string, readonly string[]>();
/** The paths of a state's name, and of every state around them. The same few names come again and again. */
const toOuter = (name: string): readonly string[] => {
  const known = outer.get(name);
  if (known) return known;
  const leaves = name.split(' + ').map((leaf) => leaf.split('.'));
  const paths = leaves.flatMap((parts) => parts.map((_, index) => parts.slice(0, index + 1).join('.')));
  const unique = [...new Set(paths)];
  outer.set(name, unique);
  return unique;
};
