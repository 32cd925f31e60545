// Runs one step's messages to completion: each actor processes one message at a time. What it sends is delivered
// at once if the receiver is idle and queued if it is busy, as in XState's own mailboxes. Calls, deadlines and
// events are noted in the draft; nothing else is changed.
import type { AnyEventObject, AnyMachineSnapshot, ExecutableActionObject, MachineContext } from 'xstate';
import { describeError } from '../errors.ts';
import type { Call } from './effect.ts';
import { isWhole } from './notes.ts';
import { freezeParsed, keepPlain, keepPlainValue } from './plain-data.ts';
import type { Taken } from './planned-transition.ts';
import type { RegisteredChart, RegisteredSystem } from './register.ts';
import type { ActorState, Deadline, PendingCall, Quarantined, SystemState } from './system-state.ts';
import { Trace } from './trace.ts';
import { transition } from './transition.ts';

/** The message that a step is about. */
export interface Cause {
  readonly orderId: string;
  readonly messageId: string;
  readonly at: number;
  /** The version that this step makes. */
  readonly version: number;
}

/** The result of a step so far. It is discarded if the step throws. */
export interface Draft {
  readonly system: RegisteredSystem;
  readonly before: SystemState;
  readonly cause: Cause;
  readonly actors: Map<string, ActorState>;
  readonly deadlines: Map<string, Deadline>;
  readonly calls: Map<string, PendingCall>;
  readonly keys: Map<string, { readonly key: string; readonly at: number }>;
  quarantined: Quarantined[];
  readonly emitted: { readonly actor: string; readonly event: AnyEventObject }[];
  readonly newCalls: Call[];
  /** Only if the system is observed. */
  readonly trace: Trace | undefined;
  readonly mailboxes: Map<string, AnyEventObject[]>;
  /** Actors that cannot process a message now: not started yet, or processing one. */
  readonly busy: Set<string>;
  delivered: number;
  deadlinesSet: number;
  /** The transition that `reacts` tried. It is used when the message is delivered. */
  tried: Tried | undefined;
}

interface Tried extends Taken {
  readonly from: AnyMachineSnapshot;
  readonly event: AnyEventObject;
}

export const draftOf = (system: RegisteredSystem, before: SystemState, cause: Cause): Draft => ({
  system,
  before,
  cause,
  actors: new Map(before.actors),
  deadlines: new Map(before.deadlines),
  calls: new Map(before.calls),
  keys: new Map(before.keys),
  quarantined: before.quarantined,
  emitted: [],
  newCalls: [],
  trace: system.isObserved() ? new Trace() : undefined,
  mailboxes: new Map(),
  busy: new Set(),
  delivered: 0,
  deadlinesSet: 0,
  tried: undefined,
});

/** Before the first message: carries out the entry actions of the initial states. */
export const startActors = (draft: Draft): void => {
  if (draft.before.version > 0) return;
  for (const name of draft.system.names) draft.busy.add(name);
  for (const [name, chart] of draft.system.charts) {
    settle(draft, name, chart, chart.initial, chart.initialEffects, []);
    draft.busy.delete(name);
    flush(draft, name);
  }
};

/** Delivers a message (plain data) from an actor or from outside to an actor, or to a service as a call. */
export const relay = (draft: Draft, from: string, to: string, message: AnyEventObject): void => {
  if (draft.system.services.has(to)) {
    call(draft, from, to, message);
    return;
  }
  draft.trace?.noteSent(from, message);
  const mailbox = draft.mailboxes.get(to);
  if (mailbox) mailbox.push(message);
  else draft.mailboxes.set(to, [message]);
  flush(draft, to);
};

/** Whether the chart reacts to a message: by a transition, or by an `always` that depends on it. */
export const reacts = (
  draft: Draft,
  name: string,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
): boolean => {
  const tried = take(chartOf(draft.system, name), snapshot, event);
  draft.tried = tried;
  return tried.effects.length > 0 || tried.snapshot !== snapshot || snapshot.can(event);
};

const take = (chart: RegisteredChart, from: AnyMachineSnapshot, event: AnyEventObject): Tried => {
  freezeParsed(from.context);
  return { from, event, ...transition(chart, from, event) };
};

const flush = (draft: Draft, name: string): void => {
  if (draft.busy.has(name)) return;
  draft.busy.add(name);
  const mailbox = draft.mailboxes.get(name) ?? [];
  for (let event = mailbox.shift(); event !== undefined; event = mailbox.shift())
    processMessage(draft, name, event);
  draft.busy.delete(name);
};

const processMessage = (draft: Draft, name: string, event: AnyEventObject): void => {
  draft.delivered += 1;
  if (draft.delivered > draft.system.longestStep) {
    throw new Error(
      `more than ${draft.system.longestStep} messages in one step: the actors do not come to rest`,
    );
  }
  const chart = chartOf(draft.system, name);
  const before = actorOf(draft, name);
  if (before.snapshot.status !== 'active') return;
  const { tried } = draft;
  const isTried = tried?.event === event && tried.from === before.snapshot;
  const { snapshot, effects } = isTried ? tried : take(chart, before.snapshot, event);
  draft.actors.set(name, { snapshot, since: before.since });
  draft.trace?.noteTaken(name, event, before.snapshot, snapshot);
  settle(draft, name, chart, before.snapshot, effects, [before.snapshot.context, event]);
};

/** Applies a transition's actions to the draft. An actor that is done keeps no deadlines. */
const settle = (
  draft: Draft,
  name: string,
  chart: RegisteredChart,
  before: AnyMachineSnapshot,
  effects: readonly ExecutableActionObject[],
  known: readonly MachineContext[],
): void => {
  const { snapshot } = actorOf(draft, name);
  if (Object.keys(snapshot.children).length > 0) {
    throw new Error(`${chart.name} spawned an actor: name it in the system, and send to it`);
  }
  if (snapshot !== before) freezeData(chart.name, snapshot, known);
  if (chart.hasHistory && !isWhole(snapshot)) {
    throw new Error(`${chart.name} came to a state that is not whole: enter its history from outside only`);
  }
  for (const effect of effects) perform(draft, name, snapshot.context, effect);
  if (snapshot.status === 'active') return;
  for (const [key, { source }] of draft.deadlines) if (source === name) draft.deadlines.delete(key);
};

/** Without this, a message that changes them in place and then fails would leave its changes behind. */
const freezeData = (name: string, snapshot: AnyMachineSnapshot, known: readonly MachineContext[]): void => {
  try {
    snapshot.context = keepPlain(snapshot.context, 'context', known);
    if (snapshot.output !== undefined) snapshot.output = keepPlainValue(snapshot.output, 'output');
  } catch (error) {
    const problem = `${name} put something into its context or output that is not plain JSON data`;
    throw new Error(`${problem}: ${describeError(error)}`);
  }
};

interface Emit extends ExecutableActionObject {
  params: { event: AnyEventObject };
}
interface Send extends ExecutableActionObject {
  params: { to: { id: string }; event: AnyEventObject; id?: string; delay?: number };
}
interface Raise extends ExecutableActionObject {
  params: { event: AnyEventObject; id?: string; delay?: number };
}
interface Cancel extends ExecutableActionObject {
  params: { sendId: string };
}
interface Log extends ExecutableActionObject {
  params: { label: string | undefined; value: unknown };
}
const isEmit = (effect: ExecutableActionObject): effect is Emit => effect.type === 'xstate.emit';
const isSend = (effect: ExecutableActionObject): effect is Send => effect.type === 'xstate.sendTo';
const isRaise = (effect: ExecutableActionObject): effect is Raise => effect.type === 'xstate.raise';
const isCancel = (effect: ExecutableActionObject): effect is Cancel => effect.type === 'xstate.cancel';
const isLog = (effect: ExecutableActionObject): effect is Log => effect.type === 'xstate.log';

const perform = (
  draft: Draft,
  name: string,
  context: MachineContext,
  effect: ExecutableActionObject,
): void => {
  const toKept = (event: AnyEventObject) => toPlainMessage(name, event, context);
  if (isEmit(effect)) {
    const { event } = effect.params;
    draft.emitted.push({ actor: name, event: toKept(event) });
  } else if (isSend(effect)) {
    const { to, event, id, delay } = effect.params;
    // As in XState, a delay that is not a number means now.
    if (typeof delay !== 'number') relay(draft, name, to.id, toKept(event));
    else setDeadline(draft, name, to.id, toKept(event), delay, id);
  } else if (isRaise(effect)) {
    const { event, id, delay } = effect.params;
    if (typeof delay === 'number') setDeadline(draft, name, name, toKept(event), delay, id);
  } else if (isCancel(effect)) {
    draft.deadlines.delete(`${name}:${effect.params.sendId}`);
  } else if (isLog(effect)) {
    draft.trace?.noteLogged(name, effect.params.label, effect.params.value);
  } else {
    throw new Error(`${name} asks for ${effect.type}, which cannot be run durably`);
  }
};

/** The last time (ms since 1970) that a Date can hold. */
const latestTime = 8.64e15;

const setDeadline = (
  draft: Draft,
  source: string,
  to: string,
  event: AnyEventObject,
  delay: number,
  id: string | undefined,
): void => {
  const { at, version, messageId } = draft.cause;
  if (!Number.isFinite(delay))
    throw new Error(`${source} sends ${event.type} after ${delay} ms: no such time`);
  // A timer never fires early, and a store keeps whole milliseconds.
  const dueAt = Math.ceil(at + delay);
  if (Math.abs(dueAt) > latestTime) {
    throw new Error(`${source} sends ${event.type} after ${delay} ms: that is beyond the year 275760`);
  }
  draft.deadlinesSet += 1;
  const own = `${version}.${draft.deadlinesSet}`;
  const key = `${source}:${id ?? own}`;
  // As in XState, using an id again adds a deadline, and only the newest can be cancelled by it.
  releaseId(draft.deadlines, key, own);
  draft.deadlines.set(key, {
    source,
    to,
    event,
    dueAt,
    causationId: messageId,
  });
};

/** Takes its id from the deadline at `key`, if there is one; `own` makes its new key unique. The order stays. */
export const releaseId = (deadlines: Map<string, Deadline>, key: string, own: string): void => {
  if (!deadlines.has(key)) return;
  const entries = [...deadlines];
  deadlines.clear();
  for (const [each, deadline] of entries) {
    if (each === key) deadlines.set(`${key}/${own}`, { ...deadline, setAs: key });
    else deadlines.set(each, deadline);
  }
};

const call = (draft: Draft, actor: string, service: string, event: AnyEventObject): void => {
  const { orderId, version, at, messageId: causationId } = draft.cause;
  const callId = `${orderId}/calls/${version}.${draft.newCalls.length + 1}`;
  const key = typeof event['key'] === 'string' ? event['key'] : callId;
  const used = draft.keys.get(actor);
  const keyFirstUsedAt = used?.key === key ? used.at : at;
  draft.keys.set(actor, { key, at: keyFirstUsedAt });
  const command = Object.freeze({ ...event, key });
  const pending: PendingCall = { actor, service, command, at, causationId };
  draft.calls.set(callId, pending);
  const { correlationId, charts: chartVersion } = draft.before;
  draft.trace?.noteCalled(actor, service, command);
  draft.newCalls.push({ ...pending, callId, orderId, chartVersion, correlationId, keyFirstUsedAt });
};

/** A stored message must be the same when it is read again. */
const toPlainMessage = (name: string, event: AnyEventObject, context: MachineContext): AnyEventObject => {
  try {
    return keepPlain(event, 'message', [context]);
  } catch (error) {
    const problem = `${name} says ${event.type} with something that is not plain JSON data`;
    throw new Error(`${problem}: ${describeError(error)}`);
  }
};

export const actorOf = (draft: Draft, name: string): ActorState => {
  const actor = draft.actors.get(name);
  if (actor === undefined) throw new Error(`this system has no actor '${name}'`);
  return actor;
};

const chartOf = (system: RegisteredSystem, name: string): RegisteredChart => {
  const chart = system.charts.get(name);
  if (chart === undefined) throw new Error(`this system has no actor '${name}'`);
  return chart;
};
