// The graph of the whole order system, made by xstate/graph from the model: every moment that is reachable
// with limited faults, and everything that can happen there.
import { fromTransition, type TransitionSnapshot } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap, getShortestPaths, type StatePath } from 'xstate/graph';
import { type ServiceName, serviceNames } from '../../machines/messages.ts';
import type { MoveName } from '../../machines/system.ts';
import type { Settings } from '../../src/config.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import type { ChartObserver } from './chart-observer.ts';
import { type Action, createModel, type Model, type Moment } from './model.ts';
import {
  canWait,
  findAnswers,
  findFacts,
  findHeardMoves,
  isBackOff,
  isPlaced,
  silentService,
} from './possible-actions.ts';
import { describeStates, describeStep, toStateKey } from './state-keys.ts';

/** What may go wrong on a path, and how often. */
export interface FaultLimits {
  /** Whether every step of the whole counts, or only the items of each chart. */
  readonly whole?: boolean;
  /** Services that may answer badly, or not at all. */
  readonly services: readonly ServiceName[];
  /** Bad or missing answers and deadlines (other than backoffs) on one path, at most. */
  readonly most: number;
  readonly facts?: readonly ServiceName[];
  readonly crashes?: number;
  /** Faults before a crash, at least. */
  readonly crashAfter?: number;
  /** The moves that people make; all of them if left out. */
  readonly moves?: readonly MoveName[];
}

/** A moment, with the faults so far and the items that the last action covered. */
export interface Place {
  readonly moment: Moment;
  readonly spent: { readonly bad: number; readonly facts: number; readonly crashes: number };
  readonly met: readonly string[];
}
type Snapshot = TransitionSnapshot<Place>;
type Path = StatePath<Snapshot, Action>;

export interface Graph {
  readonly faultLimits: FaultLimits;
  readonly settings: Settings;
  readonly model: Model;
  readonly paths: readonly Path[];
  readonly first: Place;
  readonly next: (place: Place, action: Action) => Place;
  readonly choices: (place: Place) => readonly Action[];
  /** The place that represents all with the same key. */
  readonly representative: (place: Place) => Place | undefined;
  /** Its states and steps of the whole, if they count. */
  readonly whole: { readonly states: ReadonlySet<string>; readonly steps: ReadonlySet<string> };
}

/** More steps in one graph mean a chart that never ends: a retry without a limit. */
const mostSteps = 30_000;

export const explore = (observer: ChartObserver, settings: Settings, faultLimits: FaultLimits): Graph => {
  const model = createModel(observer.system, toPolicy(settings));
  const next = remember((place: Place, action: Action): Place => {
    observer.met.clear();
    const moment = model.next(place.moment, action);
    return {
      moment,
      spent: spend(place, action),
      met: [...(isPlaced(place.moment) ? [] : observer.initial), ...observer.met],
    };
  });
  const keys = new WeakMap<Place, string>();
  const keyOf = (place: Place) => recall(keys, place, () => toStateKey(place.moment));
  const known = new WeakMap<Place, readonly Action[]>();
  const choices = (place: Place) => recall(known, place, () => choose(faultLimits, place, next));
  const first: Place = { moment: model.first, spent: { bad: 0, facts: 0, crashes: 0 }, met: [] };
  const logic = fromTransition<Place, Action, never, undefined>(next, first);
  const options = {
    events: ({ context }: Snapshot) => choices(context),
    serializeState: ({ context }: Snapshot) => keyOf(context),
    serializeEvent: (action: Action) => JSON.stringify(action),
    limit: mostSteps,
  };
  const map = getAdjacencyMap(logic, options);
  const representatives = new Map(Object.entries(map).map(([key, { state }]) => [key, state.context]));
  const paths = getShortestPaths(logic, {
    ...options,
    // Only over representatives, so that a path can be driven as it is.
    filterEvents: ({ context }, action) => {
      const reached = next(context, action);
      return representatives.get(keyOf(reached)) === reached;
    },
  });
  return {
    faultLimits,
    settings,
    model,
    paths,
    first,
    next,
    choices,
    representative: (place) => representatives.get(keyOf(place)),
    whole: findWhole(faultLimits.whole === true ? adjacencyMapToArray(map) : []),
  };
};

const findWhole = (edges: ReturnType<typeof adjacencyMapToArray<Snapshot, Action>>): Graph['whole'] => {
  const moments = edges.map(({ state, event, nextState }) => {
    const [before, after] = [state.context.moment, nextState.context.moment];
    return { state: describeStates(after), step: describeStep(before, event, after) };
  });
  return {
    states: new Set(moments.map(({ state }) => state)),
    steps: new Set(moments.map(({ step }) => step)),
  };
};

/** XState explores a graph once for each question, so results are cached. */
const recall = <Key extends object, T>(known: WeakMap<Key, T>, key: Key, find: () => T): T => {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
};
const remember = (next: (place: Place, action: Action) => Place) => {
  const known = new WeakMap<Place, Map<string, Place>>();
  return (place: Place, action: Action): Place => {
    const made = recall(known, place, () => new Map<string, Place>());
    const name = JSON.stringify(action);
    const found = made.get(name) ?? next(place, action);
    made.set(name, found);
    return found;
  };
};

/** Whether an action counts as a fault. */
const isFault = ({ moment }: Place, action: Action): boolean =>
  action.type === 'wait'
    ? silentService(moment) !== undefined || !isBackOff(moment)
    : action.type === 'answer' && isBad(moment, action);

const isBad = (moment: Moment, action: Action): boolean =>
  findAnswers(moment, 'good', serviceNames).every((good) => JSON.stringify(good) !== JSON.stringify(action));

const spend = (place: Place, action: Action): Place['spent'] => {
  const { bad, facts, crashes } = place.spent;
  return {
    bad: bad + (isFault(place, action) ? 1 : 0),
    facts: facts + (action.type === 'fact' ? 1 : 0),
    crashes: crashes + (action.type === 'crash' ? 1 : 0),
  };
};

const choose = (
  faultLimits: FaultLimits,
  place: Place,
  next: (place: Place, action: Action) => Place,
): readonly Action[] => {
  const { moment, spent } = place;
  if (!isPlaced(moment)) return [{ type: 'place' }];
  const mayBeBad = spent.bad < faultLimits.most;
  const silent = silentService(moment);
  const mayWait =
    silent === undefined
      ? mayBeBad || isBackOff(moment)
      : mayBeBad && faultLimits.services.some((one) => one === silent);
  return [
    ...findAnswers(moment, 'good', serviceNames),
    ...(mayBeBad ? findAnswers(moment, 'bad', faultLimits.services) : []),
    ...findHeardMoves(moment)
      .filter(({ move }) => faultLimits.moves?.includes(move) ?? true)
      .filter((move) => next(place, move).moment.results[0]?.received.disposition === 'applied'),
    ...(mayWait && canWait(moment) ? [{ type: 'wait' } as const] : []),
    ...(spent.facts < (faultLimits.facts ? 1 : 0) ? findFacts(moment, faultLimits.facts ?? []) : []),
    ...(spent.crashes < (faultLimits.crashes ?? 0) && spent.bad >= (faultLimits.crashAfter ?? 0)
      ? findCrashes(moment)
      : []),
  ];
};

const findCrashes = ({ state, flights }: Moment): Action[] => [
  ...(flights.size > 0 ? [{ type: 'crash', down: 'for no time' } as const] : []),
  ...(state.deadlines.size > 0 ? [{ type: 'crash', down: 'until the next deadline' } as const] : []),
];
