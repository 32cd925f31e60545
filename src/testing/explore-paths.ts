// Walks the charts of any application from the first message on, through everything that can happen, and says what was
// covered. It runs the production step in memory, and no host, no clock and no service.
import { type Application, toChartSystem } from '../application.ts';
import { AppError } from '../errors.ts';
import { toDeadlineName } from '../step/deadline-name.ts';
import { toStateName } from '../step/notes.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { newSystem } from '../step/snapshot.ts';
import { type Incoming, step } from '../step/step.ts';
import type { SystemState } from '../step/system-state.ts';
import { hasIncident, isSettled } from '../step/view.ts';
import { observeCharts } from './chart-observer.ts';
import { type ChartCoverage, toChartCoverage } from './coverage.ts';
import { type PlaceGraph, walkGraph } from './graph.ts';
import { type Examples, findHappenings, type Happening } from './happenings.ts';

export interface Exploration extends Examples {
  /** What of an actor's context tells moments apart, where it has more than guards read. Left out: all of it. */
  contextKey?(context: Readonly<Record<string, unknown>>, actor: string): unknown;
  /** Names of states, transitions, deadlines and guards' results that no order can reach. They are not counted. */
  readonly unreachable?: readonly string[];
  /** Different moments that are looked at, at most. */
  readonly mostMoments?: number;
}

/** One order's way through the charts. */
export interface ChartPath {
  readonly happenings: readonly Happening[];
  /** After each of them. */
  readonly states: readonly SystemState[];
  /** What happens and where it leads, a line each. */
  describe(): string;
}

export interface ExploredPaths {
  /** They cover together everything that can be covered. */
  readonly paths: readonly ChartPath[];
  readonly coverage: ChartCoverage;
  /** Messages that would be quarantined, and moments that are not settled and that nothing will ever wake. */
  readonly problems: readonly string[];
  /** Different moments that were found. */
  readonly moments: number;
  /** False when there are more moments than `mostMoments`. */
  readonly isWhole: boolean;
  /** It is whole, everything is covered, nothing that counts as unreachable was reached, and there is no problem. */
  readonly isComplete: boolean;
  describe(): string;
}

interface Moment {
  readonly orderId: string;
  readonly state: SystemState;
  readonly now: number;
  /** Names of the items that the last happening covered. */
  readonly met: readonly string[];
  /** What is wrong with it: nothing goes on from here. */
  readonly problem?: string;
}

const start = Date.UTC(2026, 0, 1);

/**
 * Walks every path through the charts of `application`, however services answer, whatever people do, and with every
 * deadline, up to moments that were seen before.
 * @throws AppError `invalid-request` when an example does not fit its message.
 */
export const explorePaths = (application: Application, given: Exploration): ExploredPaths => {
  const { mostMoments = 10_000, unreachable = [] } = given;
  if (!Number.isInteger(mostMoments) || mostMoments < 1) {
    throw new AppError('invalid-request', `mostMoments is ${mostMoments}: give a whole number from 1.`);
  }
  const { system, items, met, initial } = observeCharts(toChartSystem(application));
  const all = new Set(initial);
  let moments = 0;
  const graph = walkGraph<Moment, Happening>({
    first: { orderId: '', state: newSystem(system, start, 'message-1'), now: start, met: [] },
    next: (moment, happening) => {
      met.clear();
      const after = takeHappening(system, moment, happening);
      for (const name of met) all.add(name);
      return { ...after, met: [...(moment.state.version === 0 ? initial : []), ...met] };
    },
    choices: ({ state, problem }) => {
      moments += 1;
      if (moments > mostMoments || problem !== undefined) return [];
      return findHappenings(application, given, state);
    },
    keyOf: (moment) => toKey(moment, given.contextKey),
    limit: Number.POSITIVE_INFINITY,
  });
  const coverage = toChartCoverage(items, all, unreachable);
  const problems = [...new Set(graph.edges.flatMap(({ to }) => to.problem ?? findStuck(to)))];
  const isWhole = moments <= mostMoments;
  const isComplete =
    isWhole && coverage.missing.length + coverage.wronglyUnreachable.length + problems.length === 0;
  const describe = () =>
    [
      `${moments} different moments${isWhole ? '' : `, and more: raise mostMoments (${mostMoments}), or name in contextKey what guards read`}`,
      coverage.describe(),
      ...toLines('counts as unreachable, and was reached or does not exist', coverage.wronglyUnreachable),
      ...toLines('problems', problems),
    ].join('\n');
  return { paths: choosePaths(graph), coverage, problems, moments, isWhole, isComplete, describe };
};

const toLines = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];

const takeHappening = (
  system: RegisteredSystem,
  moment: Moment,
  happening: Happening,
): Omit<Moment, 'met'> => {
  const now = happening.type === 'deadline' ? Math.max(moment.now, happening.dueAt) : moment.now;
  const orderId = happening.type === 'place' ? happening.orderId : moment.orderId;
  const result = step(system, moment.state, toIncoming(moment.state, orderId, now, happening));
  if (result === undefined) throw new Error('what was dealt with before cannot happen again');
  const { state, received } = result;
  const after = { orderId, state, now };
  if (received.disposition !== 'dead') return after;
  const where = describeStates(moment.state);
  return { ...after, problem: `${where}: ${toWords(happening)} is quarantined, because ${received.reason}` };
};

const toIncoming = (state: SystemState, orderId: string, at: number, happening: Happening): Incoming => {
  const arrival = { orderId, at };
  switch (happening.type) {
    case 'deadline':
      return { kind: 'deadline', ...arrival, key: happening.key, dueAt: happening.dueAt };
    case 'reply':
      return { kind: 'reply', ...arrival, callId: happening.callId, message: happening.message };
    default: {
      const { to, message } = happening;
      const messageId = `message-${state.version + 1}`;
      return { kind: 'message', ...arrival, messageId, to, message, causationId: null };
    }
  }
};

const findStuck = ({ state }: Moment): readonly string[] => {
  const canMove = isSettled(state) || hasIncident(state) || state.calls.size > 0 || state.deadlines.size > 0;
  return canMove
    ? []
    : [
        `${describeStates(state)}: not settled, and nothing will ever wake it: add a deadline, or the tag settled or incident`,
      ];
};

/** Moments with the same key count as one: no ids, times or numbers of messages. */
const toKey = ({ state, problem }: Moment, contextKey: Exploration['contextKey']): string => {
  const actors = [...state.actors].map(([name, { snapshot }]) => {
    const { value, context, historyValue } = snapshot;
    const history = Object.entries(historyValue).map(([id, nodes]) => [id, nodes.map((node) => node.id)]);
    return [value, contextKey ? contextKey(context, name) : context, history];
  });
  const calls = [...state.calls.values()].map(({ command }) => [
    command.type,
    command.key,
    command['attempt'],
  ]);
  const deadlines = [...state.deadlines].sort(([, one], [, other]) => one.dueAt - other.dueAt);
  const isPlaced = state.version > 0;
  return JSON.stringify([isPlaced, actors, calls, deadlines.map(([key]) => key), problem]);
};

/** Paths that cover together all that the graph covers: the longest first, as they cover the most. */
const choosePaths = (graph: PlaceGraph<Moment, Happening>): readonly ChartPath[] => {
  const covered = new Set<string>();
  const chosen: ChartPath[] = [];
  for (const { steps, state } of graph.paths.toReversed()) {
    const place = state.context;
    for (const happening of graph.choices(place)) {
      if (graph.next(place, happening).met.every((name) => covered.has(name))) continue;
      const happenings = [...steps.slice(1).map(({ event }) => event), happening];
      const moments: Moment[] = [];
      for (const each of happenings) moments.push(graph.next(moments.at(-1) ?? graph.first, each));
      for (const { met } of moments) for (const name of met) covered.add(name);
      chosen.push(toPath(happenings, moments));
    }
  }
  return chosen;
};

const toPath = (happenings: readonly Happening[], moments: readonly Moment[]): ChartPath => ({
  happenings,
  states: moments.map(({ state }) => state),
  describe: () =>
    moments
      .map(({ state }, index) => {
        const happening = happenings[index];
        return `${happening ? toWords(happening) : ''} → ${describeStates(state)}`;
      })
      .join('\n'),
});

const toWords = (happening: Happening): string => {
  switch (happening.type) {
    case 'deadline':
      return `the deadline ${toDeadlineName(happening.key) ?? happening.key} passes`;
    case 'reply':
      return `the answer ${happening.message.type}`;
    default:
      return `${happening.message.type} to ${happening.to}`;
  }
};

const describeStates = ({ actors }: SystemState): string =>
  [...actors].map(([name, { snapshot }]) => `${name} ${toStateName(snapshot)}`).join(' | ');
