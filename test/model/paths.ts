// Chooses the paths that are driven: shortest paths through the graph, each continued for as long as it
// covers something new, until every state and step of the whole and every item of every chart in the graph
// is covered. The same graphs give the same paths.
import type { Settings } from '../../src/config.ts';
import type { Graph, Place } from './graph.ts';
import type { Action, Model, Moment } from './model.ts';
import { describeStates, describeStep } from './state-keys.ts';

/** One action on a path. */
interface PathStep {
  readonly action: Action;
  readonly before: Moment;
  readonly after: Moment;
  /** The items of the charts that it covers, and its name as a step of the whole. */
  readonly met: readonly string[];
  /** Whether earlier paths did not cover all of this: then the server is compared with the model after it. */
  readonly isChecked: boolean;
}
/** One order's path through the graph. */
export interface TestPath {
  readonly settings: Settings;
  readonly model: Model;
  readonly steps: readonly PathStep[];
}

const longest = 80;

/** Paths that cover the graphs. */
export const chooseTestPaths = (graphs: readonly Graph[]): readonly TestPath[] => {
  const known = new Set<string>();
  return graphs.flatMap((graph) => chooseIn(graph, known));
};

const chooseIn = (graph: Graph, known: Set<string>): TestPath[] => {
  const testPaths: TestPath[] = [];
  // The longest first: what is on them needs no path of its own.
  for (const { steps, state } of graph.paths.toReversed()) {
    const here = state.context;
    for (const action of graph.choices(here)) {
      if (!isNew(graph, known, here, action)) continue;
      testPaths.push(walk(graph, known, [...steps.slice(1).map(({ event }) => event), action]));
    }
  }
  return testPaths;
};

/** Performs the given actions, and continues for as long as something new can be covered. */
const walk = (graph: Graph, known: Set<string>, given: readonly Action[]): TestPath => {
  const { settings, model } = graph;
  const steps: PathStep[] = [];
  const passed = new Set<Place | undefined>();
  let place = graph.first;
  for (let next = given[0]; next !== undefined && steps.length < longest; ) {
    const after: Place = graph.next(place, next);
    steps.push(toPathStep(graph, known, place, next, after));
    place = after;
    passed.add(graph.representative(place));
    next = steps.length < given.length ? given[steps.length] : findNext(graph, known, place, passed);
  }
  return { settings, model, steps };
};

/** What a step covers that counts in this graph. */
const toMet = ({ whole }: Graph, before: Place, action: Action, after: Place): readonly string[] => {
  const step = describeStep(before.moment, action, after.moment);
  return whole.steps.has(step) ? [...after.met, step] : after.met;
};

const isNew = (graph: Graph, known: ReadonlySet<string>, before: Place, action: Action): boolean =>
  toMet(graph, before, action, graph.next(before, action)).some((name) => !known.has(name));

const toPathStep = (
  graph: Graph,
  known: Set<string>,
  before: Place,
  action: Action,
  after: Place,
): PathStep => {
  const met = toMet(graph, before, action, after);
  const isChecked = met.some((name) => !known.has(name));
  for (const name of met) known.add(name);
  return { action, before: before.moment, after: after.moment, met, isChecked };
};

/**
 * The next action: one that covers something new, preferably in the same state; or else one that leads to
 * such.
 */
const findNext = (
  graph: Graph,
  known: ReadonlySet<string>,
  place: Place,
  passed: ReadonlySet<Place | undefined>,
): Action | undefined => {
  // Faults are limited only while the graph is explored; a path may contain more of them.
  const choices = graph.choices({ ...place, spent: { ...place.spent, bad: 0, told: 0, disputes: 0 } });
  const fresh = choices.filter((action) => isNew(graph, known, place, action));
  const where = describeStates(place.moment);
  const staying = fresh.find((action) => describeStates(graph.next(place, action).moment) === where);
  return (
    staying ??
    fresh[0] ??
    choices.find((action) => {
      const there = graph.representative(graph.next(place, action));
      if (there === undefined || passed.has(there)) return false;
      return graph.choices(there).some((further) => isNew(graph, known, there, further));
    })
  );
};
