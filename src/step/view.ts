// What anyone may see of an order: where each of its actors is and since when, what is awaited and until
// when, what waits for a person, and the moves that the charts take now. It is read off the charts' own
// states and notes, never off a second copy of their rules.
import type { AnyMachineSnapshot } from 'xstate';
import {
  type ActorName,
  actorNames,
  type Failure,
  type Item,
  type Problem,
} from '../../machines/messages.ts';
import type { OrderContext } from '../../machines/order-setup.ts';
import { type MoveName, moves } from '../../machines/system.ts';
import { toDeadlineName } from './deadline-name.ts';
import { activeLeaves, describe, toStateName } from './notes.ts';
import { toIncident } from './quarantine.ts';
import type { SystemState } from './snapshot.ts';

/** A move that the charts take now. */
export interface Move {
  readonly move: MoveName;
  /** Who may do it. */
  readonly by: 'customer' | 'operator';
  /** The parked actor that `retry` and `resolve` are for. */
  readonly actor?: ActorName;
  /** What `resolve` may say the outcome is. */
  readonly outcomes?: readonly string[];
  /** The most that `refunds` can give back, in minor units. */
  readonly upTo?: number;
}

interface ActorView {
  /** Dotted path of the active state; parallel regions are joined by ` + `. */
  readonly state: string;
  /** What is awaited here, or what was reached, in words. */
  readonly description: string;
  readonly settled: boolean;
  /** Since when the actor is in this state (ms since 1970). */
  readonly since: number;
}

/** A thing that waits for a person: a parked actor, or a message that made a chart throw. */
export interface Incident {
  readonly actor: ActorName;
  readonly reason: string;
  readonly text: string;
  readonly since: number;
}

export interface OrderView {
  readonly id: string;
  readonly version: number;
  /** The order chart's top-level state. */
  readonly state: string;
  readonly settled: boolean;
  readonly actors: Readonly<Record<ActorName, ActorView>>;
  readonly customerId: string;
  readonly email: string;
  readonly currency: string;
  readonly items: readonly Item[];
  /** Minor units: the order's total, what was captured, and what was given back. */
  readonly amount: number;
  readonly paidAmount: number;
  readonly refundedAmount: number;
  readonly failure: Failure | null;
  readonly problems: readonly Problem[];
  readonly incidents: readonly Incident[];
  readonly deadlines: readonly { readonly actor: string; readonly name: string; readonly dueAt: number }[];
  /** Calls to services that have no answer yet. */
  readonly calls: readonly {
    readonly actor: string;
    readonly type: string;
    readonly key: string;
    readonly attempt: number;
    readonly at: number;
  }[];
  readonly allowed: readonly Move[];
  readonly correlationId: string;
  readonly chartVersion: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Set, and everything above reduced to what is known, where the stored system cannot be read. */
  readonly unreadable?: string;
}

/** The view of one order. */
export const toView = (orderId: string, chartVersion: string, state: SystemState): OrderView => {
  const order = snapshotOf(state, 'order');
  const context: OrderContext = order.context;
  return {
    id: orderId,
    version: state.version,
    state: toTopState(order),
    settled: isSettled(state),
    actors: {
      order: toActorView(state, 'order'),
      inventory: toActorView(state, 'inventory'),
      payment: toActorView(state, 'payment'),
      notification: toActorView(state, 'notification'),
    },
    customerId: context.customerId,
    email: context.email,
    currency: context.currency,
    items: context.items,
    amount: context.amount,
    paidAmount: context.paidAmount,
    refundedAmount: context.refundedAmount,
    failure: context.failure,
    problems: context.problems,
    incidents: actorNames.flatMap((name) => findIncidents(state, name)),
    deadlines: [...state.deadlines.entries()]
      .map(([key, { source, dueAt }]) => ({ actor: source, name: toDeadlineName(key) ?? key, dueAt }))
      .sort((a, b) => a.dueAt - b.dueAt),
    calls: [...state.calls.values()].map(({ actor, command, at }) => ({
      actor,
      type: command.type,
      key: command.key,
      attempt: Number(command['attempt']),
      at,
    })),
    allowed: [...findMoves(order, context), ...actorNames.flatMap((name) => findRepairs(state, name))],
    correlationId: state.correlationId,
    chartVersion,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
  };
};

/** The view of an order that was set aside as a whole, although it can be read. */
export const toStoppedView = (view: OrderView, text: string): OrderView => ({
  ...view,
  incidents: [...view.incidents, { actor: 'order', reason: 'set-aside', text, since: view.updatedAt }],
});

/** What is known of an order whose stored system cannot be read. */
export const toUnreadableView = (orderId: string, version: number, problem: string): OrderView => {
  const nowhere = { state: 'unreadable', description: problem, settled: false, since: 0 };
  return {
    id: orderId,
    version,
    state: 'unreadable',
    settled: false,
    actors: { order: nowhere, inventory: nowhere, payment: nowhere, notification: nowhere },
    customerId: '',
    email: '',
    currency: '',
    items: [],
    amount: 0,
    paidAmount: 0,
    refundedAmount: 0,
    failure: null,
    problems: [],
    incidents: [{ actor: 'order', reason: 'unreadable', text: problem, since: 0 }],
    deadlines: [],
    calls: [],
    allowed: [],
    correlationId: '',
    chartVersion: '',
    createdAt: 0,
    updatedAt: 0,
    unreadable: problem,
  };
};

/** Whether the order will not move by itself any more: each of its actors is at rest. */
export const isSettled = (state: SystemState): boolean =>
  [...state.actors.values()].every(({ snapshot }) => isAtRest(snapshot));

/** In a state that the chart calls settled, or in a top-level final state. */
const isAtRest = (snapshot: AnyMachineSnapshot): boolean =>
  snapshot.status !== 'active' || snapshot.hasTag('settled');

/** Whether anything of the order waits for a person. */
export const hasIncident = (state: SystemState): boolean =>
  state.quarantined.length > 0 ||
  [...state.actors.values()].some(({ snapshot }) => snapshot.hasTag('incident'));

/** The outermost state of an actor. */
export const toTopState = ({ value }: AnyMachineSnapshot): string =>
  typeof value === 'string' ? value : Object.keys(value).join(' + ');

const stateOf = (state: SystemState, name: ActorName) => {
  const actor = state.actors.get(name);
  if (actor === undefined) throw new Error(`this system has no actor '${name}'`);
  return actor;
};
const snapshotOf = (state: SystemState, name: ActorName): AnyMachineSnapshot => stateOf(state, name).snapshot;

const toActorView = (state: SystemState, name: ActorName): ActorView => {
  const { snapshot, since } = stateOf(state, name);
  return {
    state: toStateName(snapshot),
    description: describe(snapshot),
    settled: isAtRest(snapshot),
    since,
  };
};

const findMoves = (order: AnyMachineSnapshot, context: OrderContext): Move[] => {
  const reason = 'asked';
  const upTo = context.paidAmount - context.refundedAmount;
  const refund = { type: moves.refunds.type, refundId: 'next', amount: 1, reason };
  return [
    ...(order.can({ type: moves.cancel.type, reason })
      ? [{ move: 'cancel', by: moves.cancel.by } as const]
      : []),
    ...(order.can({ type: moves.capture.type }) ? [{ move: 'capture', by: moves.capture.by } as const] : []),
    ...(order.can(refund) ? [{ move: 'refunds', by: moves.refunds.by, upTo } as const] : []),
  ];
};

const findIncidents = (state: SystemState, actor: ActorName): Incident[] => {
  const { snapshot, since } = stateOf(state, actor);
  const parked = activeLeaves(snapshot).flatMap(({ meta }) => meta?.incident ?? []);
  return [
    ...parked.map(({ reason, text }) => ({ actor, reason, text, since })),
    ...state.quarantined
      .filter(({ to }) => to === actor)
      .map((quarantined) => ({ actor, ...toIncident(quarantined), since: quarantined.at })),
  ];
};

/** What a person can do about a parked actor. A quarantined message comes before what the chart waits for. */
const findRepairs = (state: SystemState, actor: ActorName): Move[] => {
  const snapshot = snapshotOf(state, actor);
  const outcomes = state.quarantined.some(({ to }) => to === actor)
    ? ['discarded']
    : activeLeaves(snapshot).flatMap(({ meta }): readonly string[] => meta?.outcomes ?? []);
  if (outcomes.length === 0) return [];
  return [
    { move: 'retry', by: moves.retry.by, actor },
    { move: 'resolve', by: moves.resolve.by, actor, outcomes },
  ];
};
