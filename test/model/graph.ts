// The graph of the whole order system, made from the model: every moment that is reachable with limited faults,
// and everything that can happen there.
import { type ServiceName, serviceNames } from '../../machines/messages.ts';
import type { MoveName } from '../../machines/system.ts';
import type { Settings } from '../../src/config.ts';
import { ownProvider } from '../../src/gateway-settings.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import type { ChartObserver } from '../../src/testing/chart-observer.ts';
import { type PlaceGraph, walkGraph } from '../../src/testing/graph.ts';
import { type Action, createModel, type Model, type Moment } from './model.ts';
import {
  canWait,
  findAnswers,
  findDisputeReports,
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
  /** Services that say something unsolicited, once on a path. */
  readonly facts?: readonly ServiceName[];
  /** Reports of a dispute by the bank on one path, at most. */
  readonly disputes?: number;
  readonly crashes?: number;
  /** Faults before a crash, at least. */
  readonly crashAfter?: number;
  /** The moves that people make; all of them if left out. */
  readonly moves?: readonly MoveName[];
  /** The order costs nothing. */
  readonly isFree?: true;
}

/** A moment, with the faults so far and the items that the last action covered. */
export interface Place {
  readonly moment: Moment;
  readonly spent: {
    readonly bad: number;
    readonly told: number;
    readonly disputes: number;
    readonly crashes: number;
  };
  readonly met: readonly string[];
}

export interface Graph extends PlaceGraph<Place, Action> {
  readonly faultLimits: FaultLimits;
  readonly settings: Settings;
  readonly model: Model;
  /** Its states and steps of the whole, if they count. */
  readonly whole: { readonly states: ReadonlySet<string>; readonly steps: ReadonlySet<string> };
}

/** More steps in one graph mean a chart that never ends: a retry without a limit. */
const mostSteps = 30_000;

export const explore = (observer: ChartObserver, settings: Settings, faultLimits: FaultLimits): Graph => {
  const model = createModel(observer.system, toPolicy(settings, ownProvider));
  const graph = walkGraph<Place, Action>({
    first: { moment: model.first, spent: { bad: 0, told: 0, disputes: 0, crashes: 0 }, met: [] },
    next: (place, action) => {
      observer.met.clear();
      const moment = model.next(place.moment, action);
      return {
        moment,
        spent: spend(place, action),
        met: [...(isPlaced(place.moment) ? [] : observer.initial), ...observer.met],
      };
    },
    choices: (place, next) => choose(faultLimits, place, next),
    keyOf: ({ moment }) => toStateKey(moment),
    limit: mostSteps,
  });
  return { ...graph, faultLimits, settings, model, whole: findWhole(faultLimits.whole ? graph.edges : []) };
};

const findWhole = (edges: PlaceGraph<Place, Action>['edges']): Graph['whole'] => ({
  states: new Set(edges.map(({ to }) => describeStates(to.moment))),
  steps: new Set(edges.map(({ from, action, to }) => describeStep(from.moment, action, to.moment))),
});

/** Whether an action counts as a fault. */
const isFault = ({ moment }: Place, action: Action): boolean =>
  action.type === 'wait'
    ? silentService(moment) !== undefined || !isBackOff(moment)
    : action.type === 'answer' && isBad(moment, action);

const isBad = (moment: Moment, action: Action): boolean =>
  findAnswers(moment, 'good', serviceNames).every((good) => JSON.stringify(good) !== JSON.stringify(action));

const spend = (place: Place, action: Action): Place['spent'] => {
  const { bad, told, disputes, crashes } = place.spent;
  const isDispute = action.type === 'fact' && action.word.startsWith('dispute');
  return {
    bad: bad + (isFault(place, action) ? 1 : 0),
    told: told + (action.type === 'fact' && !isDispute ? 1 : 0),
    disputes: disputes + (isDispute ? 1 : 0),
    crashes: crashes + (action.type === 'crash' ? 1 : 0),
  };
};

const choose = (
  faultLimits: FaultLimits,
  place: Place,
  next: (place: Place, action: Action) => Place,
): readonly Action[] => {
  const { moment, spent } = place;
  if (!isPlaced(moment)) return [{ type: 'place', ...(faultLimits.isFree && { isFree: true }) }];
  const prompt = faultLimits.whole ? undefined : findPromptAnswer(faultLimits, moment);
  if (prompt) return prompt;
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
    ...(spent.told < (faultLimits.facts ? 1 : 0) ? findFacts(moment, faultLimits.facts ?? []) : []),
    ...(spent.disputes < (faultLimits.disputes ?? 0) ? findDisputeReports(moment) : []),
    ...(spent.crashes < (faultLimits.crashes ?? 0) && spent.bad >= (faultLimits.crashAfter ?? 0)
      ? findCrashes(moment)
      : []),
  ];
};

/**
 * In the graph of one chart, services that are not listed answer before anything else happens: how their steps interleave is
 * in the graphs of the whole.
 */
const findPromptAnswer = ({ services }: FaultLimits, moment: Moment): readonly Action[] | undefined => {
  const others = serviceNames.filter((name) => !services.includes(name));
  const answers = findAnswers(moment, 'good', others).filter((action) => action.type === 'answer');
  const [first] = answers;
  return first && answers.filter(({ call }) => call === first.call);
};

const findCrashes = ({ state, flights }: Moment): Action[] => [
  ...(flights.size > 0 ? [{ type: 'crash', down: 'for no time' } as const] : []),
  ...(state.deadlines.size > 0 ? [{ type: 'crash', down: 'until the next deadline' } as const] : []),
];
