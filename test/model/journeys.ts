// The whole run of the model-based tests: graphs, ways, and the ways put together that can share a server. It
// is what the test drives, and what `npm run docs` draws its page from.
import { orderSystem } from '../../machines/system.ts';
import { type Coverage, toCoverage } from './coverage.ts';
import { renderCoverage } from './coverage-page.ts';
import { type Ear, listen } from './ear.ts';
import { explore, type Graph } from './graph.ts';
import { chooseWays, type Way } from './paths.ts';
import { driveWays } from './sweep.ts';
import { charts, wholes } from './troubles.ts';

export interface Journeys {
  readonly ear: Ear;
  readonly graphs: readonly Graph[];
  /** Ways that are driven together: the same settings, and crashes at the same times. */
  readonly groups: readonly (readonly [name: string, ways: readonly Way[]])[];
}

export const planJourneys = (): Journeys => {
  const ear = listen(orderSystem);
  const graphs = [...wholes, ...charts].map(([settings, troubles]) => explore(ear, settings, troubles));
  const together = Map.groupBy(chooseWays(graphs), toGroup);
  const groups = [...together].flatMap(([name, ways]) => toParts(name, ways));
  return { ear, graphs, groups };
};

const toGroup = ({ settings, steps }: Way): string => {
  const crashes = steps.flatMap(({ action, before, after }) =>
    action.type === 'crash' ? [`crash at ${toSeconds(before.now)} until ${toSeconds(after.now)}`] : [],
  );
  const { PAYMENT_CAPTURE, COMPENSATE_WITHIN_MS } = settings;
  return [`capture ${PAYMENT_CAPTURE}`, `compensate within ${COMPENSATE_WITHIN_MS} ms`, ...crashes].join(
    ', ',
  );
};

const mostOnOneServer = 60;
const toParts = (name: string, ways: readonly Way[]): (readonly [string, readonly Way[]])[] =>
  Array.from({ length: Math.ceil(ways.length / mostOnOneServer) }, (_, part) => [
    ways.length > mostOnOneServer ? `${name}, part ${part + 1}` : name,
    ways.slice(part * mostOnOneServer, (part + 1) * mostOnOneServer),
  ]);

const toSeconds = (at: number): string => new Date(at).toISOString().slice(11);

/** Drives everything. @throws Error with a story, where a server and the model differ. */
const runJourneys = async ({ ear, graphs, groups }: Journeys): Promise<Coverage> => {
  const met = new Set<string>();
  for (const [, ways] of groups) await driveWays(ways, ear, met);
  return toCoverage(ear.items, graphs, met);
};

/** docs/coverage.md, from a run of its own. It takes as long as the test. */
export const renderCoveragePage = async (): Promise<string> => {
  const journeys = planJourneys();
  return renderCoverage(journeys.ear, await runJourneys(journeys));
};
