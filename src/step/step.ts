// One message: (charts, system, message) → next system and effects. Pure: no clock, no random numbers, no I/O.
// A step that throws or would break an invariant changes nothing: its message is quarantined and an incident opened.
import type { AnyEventObject } from 'xstate';
import { actorOf, type Draft, draftOf, reacts, relay, releaseId, startActors } from './deliver.ts';
import { type Call, type Disposition, migrated, type NewEvent, postponed, type Received } from './effect.ts';
import { isSameValue, whyIgnored } from './notes.ts';
import { freezeParsed } from './plain-data.ts';
import { type Cause, failsAgain, toCause, toIncident } from './quarantine.ts';
import { requireRecordable, toRecordable } from './recordable.ts';
import { ofVersion, type RegisteredSystem } from './register.ts';
import type { Quarantined, SystemState } from './system-state.ts';
import type { Delivery, Logged } from './trace.ts';

interface Arrival {
  readonly orderId: string;
  /** ms since 1970. */
  readonly at: number;
}
/** What can reach an order's actors: a message, the reply to one of its calls, or one of its deadlines. */
export type Incoming =
  | (Arrival & {
      readonly kind: 'message';
      readonly messageId: string;
      readonly to: string;
      readonly message: AnyEventObject;
      readonly causationId: string | null;
    })
  | (Arrival & { readonly kind: 'reply'; readonly callId: string; readonly message: AnyEventObject })
  | (Arrival & { readonly kind: 'deadline'; readonly key: string; readonly dueAt: number });

export interface StepResult {
  readonly state: SystemState;
  readonly received: Received;
  readonly events: readonly NewEvent[];
  readonly calls: readonly Call[];
  readonly finishedCalls: readonly string[];
  /** What was delivered to actors and services; only when the system is observed. */
  readonly deliveries: readonly Delivery[] | undefined;
  /** What the charts logged; only when the system is observed. */
  readonly logged: readonly Logged[] | undefined;
}

/**
 * Delivers one message and runs the system until all actors are idle. Returns undefined for the reply to a call
 * or a deadline that does not exist any more: it was handled before, and there is nothing to record.
 */
export const step = (
  registered: RegisteredSystem,
  before: SystemState,
  incoming: Incoming,
): StepResult | undefined => {
  const arrived = address(before, incoming);
  if (arrived === undefined) return undefined;
  const system = ofVersion(registered, before.charts);
  const draft = draftOf(system, arrived.state, { ...arrived, version: before.version + 1 });
  try {
    const { reason, delivered } = handle(draft, arrived);
    const result = finish(draft, arrived, reason === null ? 'applied' : 'ignored', reason);
    if (reason === null) system.invariants?.check(before, result.state, result.calls, delivered);
    return result;
  } catch (error) {
    forgetEffects(system);
    return quarantineArrived(system, arrived, toCause(error));
  }
};

/**
 * What a message comes to that its order cannot take because the commit around it failed: it is recorded as dead and set
 * aside. Undefined where `step` would be.
 */
export const quarantine = (
  system: RegisteredSystem,
  before: SystemState,
  incoming: Incoming,
  cause: Cause,
): StepResult | undefined => {
  const arrived = address(before, incoming);
  return arrived && quarantineArrived(ofVersion(system, before.charts), arrived, cause);
};

const forgetEffects = (system: RegisteredSystem): void => {
  for (const chart of system.charts.values()) chart.take();
};

/** A message with its sender and receiver, and the system without the call or deadline that it ends. */
interface Arrived extends Arrival {
  readonly kind: Received['kind'];
  readonly messageId: string;
  /** Its sender; for a deadline, the actor that set it. */
  readonly from: string;
  readonly to: string;
  readonly message: AnyEventObject;
  readonly causationId: string | null;
  readonly state: SystemState;
  readonly finishedCalls: readonly string[];
}

/** The id under which the reply to a call is recorded. */
export const toReplyId = (callId: string): string => `${callId}/reply`;

const address = (state: SystemState, incoming: Incoming): Arrived | undefined => {
  const { orderId, at } = incoming;
  if (incoming.kind === 'message') {
    return {
      ...incoming,
      message: toRecordable(incoming.message),
      from: 'outside',
      state,
      finishedCalls: [],
    };
  }
  if (incoming.kind === 'reply') {
    const { callId } = incoming;
    const message = toRecordable(incoming.message);
    const call = state.calls.get(callId);
    if (call === undefined) return undefined;
    const calls = without(state.calls, callId);
    const way = { messageId: toReplyId(callId), from: call.service, to: call.actor };
    const { causationId } = call;
    const rest = { ...state, calls };
    return { kind: 'reply', orderId, at, ...way, message, causationId, state: rest, finishedCalls: [callId] };
  }
  const deadline = state.deadlines.get(incoming.key);
  if (deadline === undefined || deadline.dueAt !== incoming.dueAt) return undefined;
  const { source, to, event: message, causationId, setAs } = deadline;
  freezeParsed(message);
  const deadlines = without(state.deadlines, incoming.key);
  // As in XState, when it fires its id is released, even if a newer deadline has it.
  if (setAs !== undefined) releaseId(deadlines, setAs, `${state.version + 1}.0`);
  const way = { messageId: `${orderId}/deadlines/${state.version + 1}`, from: source, to };
  const rest = { ...state, deadlines };
  return { kind: 'deadline', orderId, at, ...way, message, causationId, state: rest, finishedCalls: [] };
};

const without = <K, V>(map: ReadonlyMap<K, V>, key: K): Map<K, V> => {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
};

interface Handled {
  /** Why the message is ignored, or null if it was applied. */
  readonly reason: string | null;
  /** What was delivered to the actor: the message, or the quarantined one that is retried. */
  readonly delivered: AnyEventObject;
}

const handle = (draft: Draft, arrived: Arrived): Handled => {
  const { from, to, message } = arrived;
  startActors(draft);
  requireRecordable(message);
  const quarantined = draft.quarantined.find((each) => each.to === to);
  if (quarantined && (message.type === 'incident.retry' || message.type === 'incident.resolve')) {
    draft.quarantined = draft.quarantined.filter((each) => each !== quarantined);
    const retried = message.type === 'incident.retry';
    const closed = { actor: to, how: retried ? 'retried' : 'resolved', note: message['note'] };
    draft.emitted.push({ actor: to, event: { type: 'incident.closed', ...closed } });
    if (retried) {
      requireRecordable(quarantined.message);
      relay(draft, from, to, toRecordable(quarantined.message));
    }
    return { reason: null, delivered: retried ? quarantined.message : message };
  }
  const reason = whyNotTaken(draft, arrived);
  if (reason === null) relay(draft, from, to, message);
  return { reason, delivered: message };
};

const whyNotTaken = (draft: Draft, { from, to, message, finishedCalls }: Arrived): string | null => {
  const isFromOutside = from === 'outside' || finishedCalls.length > 0;
  if (message.type.startsWith('xstate.') && isFromOutside) {
    return "messages named xstate.* are the charts' own and are not taken from outside";
  }
  if (message.type === migrated) return 'a system is migrated by its host alone';
  if (message.type === postponed) return 'a deadline is postponed by its host alone';
  if (from !== 'outside' && draft.system.services.has(to)) return null;
  const { snapshot } = actorOf(draft, to);
  if (snapshot.status !== 'active') return 'the actor has reached its final state';
  return reacts(draft, to, snapshot, message) ? null : whyIgnored(snapshot, message.type);
};

const finish = (
  draft: Draft,
  arrived: Arrived,
  disposition: Disposition,
  reason: string | null,
): StepResult => {
  const { before, cause } = draft;
  for (const [name, { snapshot }] of draft.actors) {
    if (isSameValue(before.actors.get(name)?.snapshot.value, snapshot.value)) continue;
    draft.actors.set(name, { snapshot, since: cause.at });
  }
  const state: SystemState = {
    charts: before.charts,
    version: cause.version,
    events: before.events + draft.emitted.length,
    correlationId: before.correlationId,
    createdAt: before.createdAt,
    updatedAt: cause.at,
    actors: draft.actors,
    deadlines: draft.deadlines,
    calls: draft.calls,
    keys: draft.keys,
    quarantined: draft.quarantined,
  };
  return record(state, arrived, disposition, reason, draft);
};

/** Quarantines the message, leaves the system unchanged otherwise, and opens an incident. */
const quarantineArrived = (system: RegisteredSystem, arrived: Arrived, cause: Cause): StepResult => {
  const { state, messageId, to, message, at } = arrived;
  const draft = draftStarted(system, arrived);
  const quarantined: Quarantined = { messageId, to, message, at, ...cause };
  const { reason } = quarantined;
  const retriesOne = message.type === 'incident.retry' && state.quarantined.some((each) => each.to === to);
  if (retriesOne) return finish(draft, arrived, 'ignored', `${failsAgain}${reason}`);
  draft.quarantined = [...state.quarantined, quarantined];
  const incident = toIncident(quarantined, system.invariants?.descriptions);
  const event = { type: 'incident.opened', actor: to, ...incident };
  draft.emitted.push({ actor: to, event });
  return finish(draft, arrived, 'dead', reason);
};

/** The unchanged system. The first message starts its actors even if it is quarantined itself. */
const draftStarted = (system: RegisteredSystem, arrived: Arrived): Draft => {
  const cause = { ...arrived, version: arrived.state.version + 1 };
  const draft = draftOf(system, arrived.state, cause);
  try {
    startActors(draft);
    return draft;
  } catch {
    forgetEffects(system);
    return draftOf(system, arrived.state, cause);
  }
};

const record = (
  state: SystemState,
  { orderId, kind, messageId, to, message, causationId, at, finishedCalls }: Arrived,
  disposition: Disposition,
  reason: string | null,
  { system, emitted, newCalls, trace }: Draft,
): StepResult => {
  const { version, correlationId } = state;
  const { type, ...data } = message;
  const firstSeq = state.events - emitted.length + 1;
  return {
    state,
    received: {
      version,
      messageId,
      kind,
      to,
      type,
      data,
      causationId,
      correlationId,
      disposition,
      reason,
      at,
    },
    events: emitted.map(({ actor, event: { type: eventType, ...eventData } }, index) => ({
      eventId: `${orderId}/events/${firstSeq + index}`,
      seq: firstSeq + index,
      actor,
      type: eventType,
      schemaVersion: system.schemaVersions[eventType] ?? 1,
      data: eventData,
      causationId: messageId,
      correlationId,
      at,
    })),
    calls: newCalls,
    finishedCalls,
    deliveries: trace?.deliveries,
    logged: trace?.logged,
  };
};
