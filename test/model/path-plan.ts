// The plan of the model tests: graphs, paths through them, and groups of paths that can share a server. The
// test drives it, and `npm run docs` draws its page from it.
import { toChartSystem } from '../../src/application.ts';
import { shop } from '../../src/shop/shop.ts';
import { type ChartObserver, observeCharts } from '../../src/testing/chart-observer.ts';
import { type Coverage, toCoverage } from './coverage.ts';
import { renderCoverage } from './coverage-page.ts';
import { driveTestPaths } from './drive-paths.ts';
import { charts, wholes } from './fault-limits.ts';
import { explore, type Graph } from './graph.ts';
import { chooseTestPaths, type TestPath } from './paths.ts';

export interface PathPlan {
  readonly observer: ChartObserver;
  readonly graphs: readonly Graph[];
  /** Paths that are driven together: the same settings, and crashes at the same times. */
  readonly groups: readonly (readonly [name: string, testPaths: readonly TestPath[]])[];
}

export const planPaths = (): PathPlan => {
  const observer = observeCharts(toChartSystem(shop));
  const graphs = [...wholes, ...charts].map(([settings, faultLimits]) =>
    explore(observer, settings, faultLimits),
  );
  const together = Map.groupBy(chooseTestPaths(graphs), toGroup);
  const groups = [...together].flatMap(([name, testPaths]) => toParts(name, testPaths));
  return { observer, graphs, groups };
};

const toGroup = ({ settings, steps }: TestPath): string => {
  const crashes = steps.flatMap(({ action, before, after }) =>
    action.type === 'crash' ? [`crash at ${toSeconds(before.now)} until ${toSeconds(after.now)}`] : [],
  );
  const { PAYMENT_CAPTURE, COMPENSATE_WITHIN_MS } = settings;
  return [`capture ${PAYMENT_CAPTURE}`, `compensate within ${COMPENSATE_WITHIN_MS} ms`, ...crashes].join(
    ', ',
  );
};

const maxPathsPerServer = 60;
const toParts = (name: string, testPaths: readonly TestPath[]): (readonly [string, readonly TestPath[]])[] =>
  Array.from({ length: Math.ceil(testPaths.length / maxPathsPerServer) }, (_, part) => [
    testPaths.length > maxPathsPerServer ? `${name}, part ${part + 1}` : name,
    testPaths.slice(part * maxPathsPerServer, (part + 1) * maxPathsPerServer),
  ]);

const toSeconds = (at: number): string => new Date(at).toISOString().slice(11);

/** Drives all paths. @throws Error with the path, if a server and the model differ. */
const runPlan = async ({ observer, graphs, groups }: PathPlan): Promise<Coverage> => {
  const met = new Set<string>();
  for (const [, testPaths] of groups) await driveTestPaths(testPaths, observer, met);
  return toCoverage(observer.items, graphs, met);
};

/** docs/coverage.md, from a run of its own. It takes as long as the test. */
export const renderCoveragePage = async (): Promise<string> => {
  const plan = planPaths();
  return renderCoverage(plan.observer, await runPlan(plan));
};
