// What anyone may see of a system, whatever its application: where each actor is and since when, what is awaited
// and until when, open incidents, and how to repair them. It is read off the charts' own states and notes, never
// off a second copy of their rules.
import type { AnyMachineSnapshot } from 'xstate';
import { toDeadlineName } from './deadline-name.ts';
import type { Invariants } from './invariants.ts';
import { activeLeaves, describe, toStateName } from './notes.ts';
import { toIncident } from './quarantine.ts';
import type { SystemState } from './system-state.ts';

/** A move that the charts accept now. */
export interface Move {
  readonly move: string;
  /** Who may ask for it. */
  readonly by: string;
  /** The actor with the incident that `retry` and `resolve` are for. */
  readonly actor?: string;
  /** What `resolve` may say the outcome is. */
  readonly outcomes?: readonly string[];
  /** The most that a move may ask for, in minor units. */
  readonly upTo?: number;
  /** The most of each product that it may name. Absent if it names none. */
  readonly lines?: readonly { readonly productId: string; readonly quantity: number }[];
}

export interface ActorView {
  /** Dotted path of the active state; parallel regions are joined by ` + `. */
  readonly state: string;
  /** What is awaited here, or what was reached, in words. */
  readonly description: string;
  readonly settled: boolean;
  /** Since when the actor is in this state (ms since 1970). */
  readonly since: number;
}

/** Something that needs a person: an actor whose retries ended, or a message that made a chart throw. */
export interface Incident {
  readonly actor: string;
  readonly reason: string;
  readonly text: string;
  readonly since: number;
}

export interface SystemView {
  readonly id: string;
  readonly version: number;
  /** The main actor's top-level state. */
  readonly state: string;
  readonly settled: boolean;
  readonly actors: Readonly<Record<string, ActorView>>;
  readonly owner: string;
  readonly incidents: readonly Incident[];
  readonly deadlines: readonly {
    readonly actor: string;
    readonly name: string;
    readonly dueAt: number;
    /** Absent unless it was postponed. */
    readonly firstDueAt?: number;
  }[];
  /** Calls to services that have no answer yet. */
  readonly calls: readonly {
    readonly service: string;
    readonly actor: string;
    readonly type: string;
    readonly key: string;
    readonly attempt: number;
    readonly at: number;
  }[];
  readonly moves: readonly Move[];
  /** It waits for somebody who asked and waits in turn. */
  readonly awaitsCaller?: true;
  /** Absent if the system cannot be read. */
  readonly correlationId?: string;
  readonly chartVersion: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Why the stored system cannot be read; then only what its row says is known, and the lists above are empty. */
  readonly unreadable?: string;
}

/** The view of a system that cannot be read. */
export interface UnreadableView extends SystemView {
  readonly unreadable: string;
}

/** What a view needs to know of what runs the system. */
export interface ViewRules {
  readonly mainActor: string;
  readonly invariants?: Invariants;
  ownerOf(state: SystemState): string;
  findMoves(state: SystemState): readonly Move[];
  awaitsCaller?(state: SystemState): boolean;
}

/** What the engine knows of a system. */
export const toSystemView = (rules: ViewRules, orderId: string, state: SystemState): SystemView => {
  const names = [...state.actors.keys()];
  return {
    id: orderId,
    version: state.version,
    state: toMainState(rules, state),
    settled: isSettled(state),
    actors: Object.fromEntries(names.map((name) => [name, toActorView(state, name)])),
    owner: rules.ownerOf(state),
    incidents: names.flatMap((name) => findIncidents(rules, state, name)),
    deadlines: [...state.deadlines.entries()]
      .map(([key, { source, dueAt, firstDueAt }]) => ({
        ...{ actor: source, name: toDeadlineName(key) ?? key, dueAt },
        ...(firstDueAt !== undefined && { firstDueAt }),
      }))
      .sort((a, b) => a.dueAt - b.dueAt),
    calls: [...state.calls.values()].map(({ service, actor, command, at }) => ({
      service,
      actor,
      type: command.type,
      key: command.key,
      attempt: Number(command['attempt']),
      at,
    })),
    moves: [...rules.findMoves(state), ...names.flatMap((name) => findRepairs(state, name))],
    ...(rules.awaitsCaller?.(state) && { awaitsCaller: true }),
    correlationId: state.correlationId,
    chartVersion: state.charts,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
  };
};

/** The view of an order that the host leaves alone as a whole, although it can be read. */
export const toStoppedView = <View extends SystemView>(view: View, actor: string, text: string): View => ({
  ...view,
  incidents: [...view.incidents, { actor, reason: 'set-aside', text, since: view.updatedAt }],
});

/** What is stored beside a system. */
interface UnreadableOrder {
  readonly orderId: string;
  readonly version: number;
  readonly summary: {
    readonly owner: string;
    readonly state: string;
    readonly settled: boolean;
    readonly chartVersion: string;
    readonly createdAt: number;
    readonly updatedAt: number;
  };
}

/** What is known of an order whose stored system cannot be read. */
export const toUnreadableSystemView = (
  { mainActor }: Pick<ViewRules, 'mainActor'>,
  { orderId, version, summary }: UnreadableOrder,
  problem: string,
): UnreadableView => {
  const { owner, state, settled, chartVersion, createdAt, updatedAt } = summary;
  return {
    id: orderId,
    version,
    state,
    settled,
    actors: {},
    owner,
    incidents: [{ actor: mainActor, reason: 'unreadable', text: problem, since: updatedAt }],
    deadlines: [],
    calls: [],
    moves: [],
    chartVersion,
    createdAt,
    updatedAt,
    unreadable: problem,
  };
};

/** Whether the order will not move by itself any more: each of its actors is at rest. */
export const isSettled = (state: SystemState): boolean => {
  for (const { snapshot } of state.actors.values()) if (!isAtRest(snapshot)) return false;
  return true;
};

/** In a state that the chart calls settled, or in a top-level final state. */
const isAtRest = (snapshot: AnyMachineSnapshot): boolean =>
  snapshot.status !== 'active' || snapshot.hasTag('settled');

/** Whether anything of the order needs a person. */
export const hasIncident = (state: SystemState): boolean => {
  if (state.quarantined.length > 0) return true;
  for (const { snapshot } of state.actors.values()) if (snapshot.hasTag('incident')) return true;
  return false;
};

/** Whether those who wait for a system get their answer: it is settled, needs a person, or waits for them. */
export const endsWait = (rules: Pick<ViewRules, 'awaitsCaller'>, state: SystemState): boolean =>
  isSettled(state) || hasIncident(state) || rules.awaitsCaller?.(state) === true;

/** The outermost state of an actor. */
export const toTopState = ({ value }: AnyMachineSnapshot): string =>
  typeof value === 'string' ? value : Object.keys(value).join(' + ');

/** The state under which a system is listed. @throws Error when it has no main actor. */
export const toMainState = ({ mainActor }: Pick<ViewRules, 'mainActor'>, state: SystemState): string =>
  toTopState(snapshotOf(state, mainActor));

const stateOf = (state: SystemState, name: string) => {
  const actor = state.actors.get(name);
  if (actor === undefined) throw new Error(`this system has no actor '${name}'`);
  return actor;
};

/** Where an actor is. @throws Error for an actor that the system does not have. */
export const snapshotOf = (state: SystemState, name: string): AnyMachineSnapshot =>
  stateOf(state, name).snapshot;

const toActorView = (state: SystemState, name: string): ActorView => {
  const { snapshot, since } = stateOf(state, name);
  return {
    state: toStateName(snapshot),
    description: describe(snapshot),
    settled: isAtRest(snapshot),
    since,
  };
};

const findIncidents = ({ invariants }: ViewRules, state: SystemState, actor: string): Incident[] => {
  const { snapshot, since } = stateOf(state, actor);
  const open = activeLeaves(snapshot).flatMap(({ meta }) => meta?.incident ?? []);
  return [
    ...open.map(({ reason, text }) => ({ actor, reason, text, since })),
    ...state.quarantined
      .filter(({ to }) => to === actor)
      .map((quarantined) => ({
        actor,
        ...toIncident(quarantined, invariants?.descriptions),
        since: quarantined.at,
      })),
  ];
};

/** What a person can do about an incident. A quarantined message comes before what the chart waits for. */
const findRepairs = (state: SystemState, actor: string): Move[] => {
  const isQuarantined = state.quarantined.some(({ to }) => to === actor);
  const snapshot = snapshotOf(state, actor);
  const outcomes = isQuarantined
    ? ['discarded']
    : activeLeaves(snapshot).flatMap(({ meta }): readonly string[] => meta?.outcomes ?? []);
  if (outcomes.length === 0) return [];
  // Some incidents wait for others: there is nothing to try again.
  const mayRetry = isQuarantined || snapshot.can({ type: 'incident.retry' });
  return [
    ...(mayRetry ? [{ move: 'retry', by: 'operator', actor } as const] : []),
    { move: 'resolve', by: 'operator', actor, outcomes },
  ];
};
