// Which transitions of the main chart an order took in one commit. Kept, for the same few paths are taken again and again.
import type { Application } from '../../application.ts';
import type { OrderChange } from '../../host.ts';
import { toPaths } from '../../step/notes.ts';
import { readCharts } from './charts.ts';
import { findTaken } from './paths.ts';
import type { Chart } from './protocol.ts';

export class TakenEdges {
  readonly #mainActor: string;
  /** The main actor's chart of each version. */
  readonly #mainCharts: ReadonlyMap<string, Chart>;
  readonly #paths = new Map<string, readonly string[]>();

  constructor(application: Application) {
    this.#mainActor = application.mainActor;
    const charts = readCharts(application).filter(({ name }) => name === application.mainActor);
    this.#mainCharts = new Map(charts.map((chart) => [chart.version, chart]));
  }

  find({ deliveries, state }: OrderChange): readonly string[] {
    const chart = this.#mainCharts.get(state.charts);
    if (chart === undefined) return [];
    return deliveries.flatMap(({ to, message, snapshots }) =>
      to !== this.#mainActor || !snapshots || snapshots.before === snapshots.after
        ? []
        : this.#findPath(
            chart,
            toPaths(snapshots.before.value),
            toPaths(snapshots.after.value),
            message.type,
          ),
    );
  }

  #findPath(
    chart: Chart,
    before: readonly string[],
    after: readonly string[],
    on: string,
  ): readonly string[] {
    const key = `${chart.version} ${before.join()}>${after.join()}>${on}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const path = findTaken(chart, before, after, on);
    this.#paths.set(key, path);
    return path;
  }
}
