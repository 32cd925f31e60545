// The model: one order with the shipped charts and the production step, the time, the pending calls, and
// whatever can happen next. It is pure and knows no server; paths are found in it, and servers are compared
// with it.
import type { AnyEventObject } from 'xstate';
import type { ActorName, Policy, RefundLine } from '../../machines/messages.ts';
import { type MoveName, moves } from '../../machines/system.ts';
import { makeWithinMs } from '../../src/config.ts';
import type { RegisteredSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { sampleOrder } from '../machines/sample-order.ts';
import { clients, type FactKey, toAnswer, toService, toTimeout } from './service-answers.ts';

/** A move of a person. `amount` left out: all that is left. */
export interface MoveAction {
  readonly type: 'move';
  readonly move: MoveName;
  readonly to: ActorName;
  readonly outcome?: string;
  readonly transactionId?: string;
  readonly amount?: number;
  readonly lines?: readonly RefundLine[];
}
/** An unsolicited answer of a service: repeated, late, or about something else. */
export interface FactAction {
  readonly type: 'fact';
  readonly to: ActorName;
  readonly word: string;
  readonly key: FactKey;
  readonly attempt: 'last' | 'earlier';
}
/** One thing that happens. */
export type Action =
  /** `isFree`: with a discount of all that it costs. */
  | { readonly type: 'place'; readonly isFree?: true }
  | MoveAction
  | FactAction
  /** A service answers a call, which is named by its command and attempt: `gateway.charge#1`. */
  | { readonly type: 'answer'; readonly call: string; readonly word: string }
  /** Time passes until the next deadline of the order, or until a call was not answered in time. */
  | { readonly type: 'wait' }
  /** The host's process dies, and another one starts at once, or only when the next deadline is due. */
  | { readonly type: 'crash'; readonly down: 'for no time' | 'until the next deadline' };

/** A pending call. */
interface Flight {
  /** When the host stops waiting for its answer (ms since 1970). */
  readonly endsAt: number;
  /** Another process may have made it before: a failure counts as unknown. */
  readonly doubted: boolean;
}

export interface Moment {
  readonly state: SystemState;
  /** ms since 1970. */
  readonly now: number;
  readonly flights: ReadonlyMap<string, Flight>;
  /** The results of the last action. */
  readonly results: readonly StepResult[];
}

export const callTimeoutMs = 10_000;
export const start = Date.UTC(2026, 0, 1);

export interface Model {
  readonly orderId: string;
  readonly first: Moment;
  /** @throws Error if the action is not possible, or makes a chart fail. */
  next(moment: Moment, action: Action): Moment;
  /** Whether the chart takes a move now. */
  takes(moment: Moment, move: MoveAction): boolean;
}

const { orderId } = sampleOrder;

const toMessage = ({ state }: Moment, to: string, message: AnyEventObject, at: number): Incoming => ({
  kind: 'message',
  orderId,
  at,
  messageId: `message-${state.version + 1}`,
  to,
  message,
  causationId: null,
});
const refundId = ({ state }: Moment) => `refund-${state.version + 1}`;

/** Everything is given away. */
export const wholeDiscount = { kind: 'discount', name: 'A free sample', amount: -sampleOrder.amount };
const freeOrder = { adjustments: [wholeDiscount], amount: 0 };

/** The message that an action is; undefined for one that is none. */
const toIncoming = (policy: Policy, moment: Moment, action: Action): Incoming | undefined => {
  const { now: at } = moment;
  switch (action.type) {
    case 'place':
      return toMessage(
        moment,
        'order',
        { ...sampleOrder, ...(action.isFree && freeOrder), type: 'order.place', policy },
        at,
      );
    case 'move':
      return toMessage(moment, action.to, toMoveMessage(action, refundId(moment)), at);
    case 'fact':
      return toMessage(moment, action.to, toFact(orderId, moment, action), at);
    case 'answer': {
      const [callId, call] = findCall(moment, action.call);
      const message = toAnswer(toService(call.service), call.command, action.word);
      const isNothing = message.type === 'gateway.failed' || message.type === 'gateway.refused';
      const doubted = moment.flights.get(callId)?.doubted === true && isNothing;
      const arrived = doubted ? toTimeout('gateway', call.command) : message;
      return { kind: 'reply', orderId, at, callId, message: arrived };
    }
    default:
      return undefined;
  }
};

type NextIncoming = (state: SystemState, taken: number) => Incoming | undefined;

/** Steps one message after the other, as one commit of a host does. */
const stepAll = (
  system: RegisteredSystem,
  moment: Moment,
  at: number,
  nextIncoming: NextIncoming,
): Moment => {
  let { state } = moment;
  const results: StepResult[] = [];
  for (;;) {
    const incoming = nextIncoming(state, results.length);
    if (incoming === undefined) break;
    const result = step(system, state, incoming);
    if (result === undefined) throw new Error('the model steps what was dealt with before');
    if (result.received.disposition === 'dead') throw new Error(`dead: ${result.received.reason}`);
    results.push(result);
    state = result.state;
  }
  const flights = new Map<string, Flight>();
  for (const callId of state.calls.keys()) {
    flights.set(callId, moment.flights.get(callId) ?? { endsAt: at + callTimeoutMs, doubted: false });
  }
  return { state, now: at, flights, results };
};

export const createModel = (system: RegisteredSystem, policy: Policy, at = start): Model => {
  const take = (moment: Moment, at: number, next: NextIncoming) => stepAll(system, moment, at, next);

  const fireDue = (moment: Moment, at: number): Moment =>
    take(moment, at, (state) => {
      const [due] = [...state.deadlines]
        .filter(([, { dueAt }]) => dueAt <= at)
        .sort(([, a], [, b]) => a.dueAt - b.dueAt);
      return due && { kind: 'deadline', orderId, at, key: due[0], dueAt: due[1].dueAt };
    });

  const pass = (moment: Moment): Moment => {
    const coming = findNextEvent(moment);
    if (coming === undefined) throw new Error('nothing will happen by itself');
    const { at } = coming;
    if (coming.what === 'deadline') return fireDue(moment, at);
    const call = moment.state.calls.get(coming.callId);
    if (call === undefined) throw new Error(`there is no call ${coming.callId}`);
    const message = toTimeout(toService(call.service), call.command);
    return take(moment, at, (_, taken) =>
      taken > 0 ? undefined : { kind: 'reply', orderId, at, callId: coming.callId, message },
    );
  };

  const crash = (moment: Moment, at: number): Moment => {
    const flights = [...moment.flights.keys()].map(
      (callId) => [callId, { endsAt: at + callTimeoutMs, doubted: true }] as const,
    );
    const fired = fireDue({ ...moment, flights: new Map(flights) }, at);
    const late = [...fired.state.calls].filter(
      ([, call]) => at - call.at > makeWithinMs({ CALL_TIMEOUT_MS: callTimeoutMs }),
    );
    return late.reduce((reached, [callId, call]) => {
      const message = toTimeout(toService(call.service), call.command);
      const after = take(reached, at, (_, taken) =>
        taken > 0 ? undefined : { kind: 'reply', orderId, at, callId, message },
      );
      return { ...after, results: [...reached.results, ...after.results] };
    }, fired);
  };

  return {
    orderId,
    first: { state: newSystem(system, at, 'message-1'), now: at, flights: new Map(), results: [] },
    next: (moment, action) => {
      if (action.type === 'wait') return pass(moment);
      if (action.type === 'crash') {
        return crash(moment, action.down === 'for no time' ? moment.now : nextDeadline(moment));
      }
      const incoming = toIncoming(policy, moment, action);
      return take(moment, moment.now, (_, taken) => (taken > 0 ? undefined : incoming));
    },
    takes: (moment, move) => {
      const incoming = toMessage(moment, move.to, toMoveMessage(move, refundId(moment)), moment.now);
      return step(system, moment.state, incoming)?.received.disposition === 'applied';
    },
  };
};

/** What a move carries. */
export const toWordsOf = ({ move, outcome, transactionId, amount, lines }: MoveAction): object => {
  switch (move) {
    case 'cancel':
      return { reason: 'changed my mind' };
    case 'refund':
      return {
        ...(amount !== undefined && { amount }),
        ...(lines !== undefined && { lines }),
        reason: 'it was broken',
      };
    case 'capture':
      return amount === undefined ? {} : { amount };
    case 'resolve':
      return { outcome, note: 'I asked them', ...(transactionId !== undefined && { transactionId }) };
    default:
      return {};
  }
};

/** The message of a move. */
const toMoveMessage = (action: MoveAction, refundId: string): AnyEventObject => ({
  type: moves[action.move].type,
  ...(action.move === 'refund' && { refundId }),
  ...toWordsOf(action),
});

const serviceOfActor = (actor: ActorName) => {
  const found = Object.entries(clients).find(([, client]) => client === actor);
  if (found === undefined) throw new Error(`${actor} hears of no service`);
  return toService(found[0]);
};

/** The message of an unsolicited answer. */
export const toFact = (orderId: string, { state }: Moment, fact: FactAction): AnyEventObject => {
  const context = state.actors.get(fact.to)?.snapshot.context;
  const keys: Readonly<Record<FactKey, string>> = {
    charge: `${orderId}/charge/${context.charge}`,
    capture: `${orderId}/capture/${context.charge}`,
    void: `${orderId}/void/${context.charge}`,
    refund: `${orderId}/refund/${context.refundId}`,
    asked: context.key,
    foreign: 'another-order/charge/1',
  };
  const attempt = fact.attempt === 'last' ? Math.max(1, context.attempt) : context.attempt - 1;
  return toAnswer(serviceOfActor(fact.to), { type: 'told', key: keys[fact.key], attempt }, fact.word);
};

/** The name of a call: its command and attempt. */
export const toCallName = (command: AnyEventObject): string => `${command.type}#${command['attempt']}`;

const findCall = ({ state }: Moment, name: string) => {
  const found = [...state.calls].find(([, { command }]) => toCallName(command) === name);
  if (found === undefined) throw new Error(`there is no call ${name} under way`);
  return found;
};

const nextDeadline = ({ state }: Moment): number =>
  Math.min(...[...state.deadlines.values()].map(({ dueAt }) => dueAt));

type Coming =
  | { readonly what: 'deadline'; readonly at: number }
  | { readonly what: 'silence'; readonly at: number; readonly callId: string };

/** The next event by itself; undefined if there is none, or if two coincide and their order is open. */
export const findNextEvent = (moment: Moment): Coming | undefined => {
  const dueAt = nextDeadline(moment);
  const [first, second] = [...moment.flights].sort(([, a], [, b]) => a.endsAt - b.endsAt);
  const ends = first?.[1].endsAt ?? Number.POSITIVE_INFINITY;
  if (dueAt < ends) return { what: 'deadline', at: dueAt };
  if (first === undefined || dueAt === ends || second?.[1].endsAt === ends) return undefined;
  return { what: 'silence', at: ends, callId: first[0] };
};
