// One order's recorded messages through the charts of another version, from the start: the first point at which it would
// have gone another way. Pure: it changes nothing, and shows no values, because an order's data is personal.
import type { AnyEventObject } from 'xstate';
import type { Application } from '../application.ts';
import type { EventRow, Fields, OrderRecords, ReceivedRow } from '../audit-source.ts';
import { describeError } from '../errors.ts';
import { toDeadlineName } from '../step/deadline-name.ts';
import type { NewEvent } from '../step/effect.ts';
import { isPostponement } from '../step/postponement.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { firstVersion, isMigration } from '../step/replay.ts';
import { findDifferentPath, isSameData } from '../step/same-data.ts';
import { newSystem } from '../step/snapshot.ts';
import { type Incoming, step } from '../step/step.ts';
import type { SystemState } from '../step/system-state.ts';
import { isSettled, toMainState } from '../step/view.ts';

export interface Rehearsing {
  readonly application: Pick<Application, 'mainActor'>;
  readonly system: RegisteredSystem;
  /** The version that the messages are replayed on. */
  readonly to: string;
}

export interface HistoryDifference {
  /** The number of the message; null after the last one. */
  readonly message: number | null;
  readonly difference: string;
}

type Message = ReceivedRow & { readonly fields: Fields };

/** The first difference, or undefined if the order would have done the same. */
export const rehearseHistory = (
  rehearsing: Rehearsing,
  { order, received, events, orderId }: OrderRecords,
): HistoryDifference | undefined => {
  try {
    const messages = received.map((row) => ({ ...row, fields: readFields(row.data) }));
    const [first] = messages;
    if (order === undefined || first === undefined) return atEnd('its messages are missing');
    const { to, application } = rehearsing;
    let version = startVersion(messages) ?? order.chartVersion;
    let state = newSystem(rehearsing.system, first.at, first.correlationId, to);
    const recorded = Map.groupBy(events, ({ causationId }) => causationId);
    for (const message of messages) {
      if (isMigration(message)) {
        version = String(message.fields['to']);
        continue;
      }
      // Other charts may wait for nothing there; their deadlines fire where those that were recorded did.
      if (isPostponement(message)) continue;
      const then = (recorded.get(message.messageId) ?? []).map((row) => toEvent(rehearsing, version, row));
      const next = rehearseMessage(rehearsing, { orderId, state, version, message, then });
      if (!('state' in next)) return { ...next, message: message.version };
      ({ state } = next);
    }
    const [stateThen, stateNow] = [order.state, toMainState(application, state)];
    if (stateThen !== stateNow) return atEnd(`its state then ${stateThen} / now ${stateNow}`);
    const [then, now] = [order.settled, isSettled(state)].map((settled) => `${settled ? '' : 'not '}settled`);
    return then === now ? undefined : atEnd(`in ${stateNow} then ${then} / now ${now}`);
  } catch (error) {
    return atEnd(`it cannot be replayed: ${describeError(error)}`);
  }
};

const atEnd = (difference: string): HistoryDifference => ({ message: null, difference });

const startVersion = (messages: readonly Message[]): string | undefined =>
  firstVersion(messages.map(({ fields, ...message }) => ({ ...message, data: fields })));

const readFields = (text: string): Fields => JSON.parse(text);

interface Step {
  readonly orderId: string;
  readonly state: SystemState;
  /** On whose charts the message was recorded. */
  readonly version: string;
  readonly message: Message;
  /** The events that it led to, in the words of today. */
  readonly then: readonly AnyEventObject[];
}

const rehearseMessage = (
  rehearsing: Rehearsing,
  { orderId, state, version, message, then }: Step,
): { readonly state: SystemState } | Omit<HistoryDifference, 'message'> => {
  const { system, to } = rehearsing;
  const { type, fields } = message;
  const translated = toCharts(rehearsing, to, toToday(rehearsing, version, { ...fields, type }));
  const incoming = toIncoming(orderId, state, message, translated);
  const result = incoming && step(system, state, incoming);
  const name = toDeadlineName(type) ?? type;
  if (result === undefined) {
    const what = message.kind === 'reply' ? 'answers no pending call' : 'is a deadline that is not set';
    return { difference: `${name} (to ${message.to}): ${what} now` };
  }
  const now = result.events.map((event) => toEvent(rehearsing, to, event));
  const typesOf = (events: readonly AnyEventObject[]) =>
    events.map((event) => event.type).join(', ') || 'none';
  if (typesOf(then) !== typesOf(now)) {
    return { difference: `${name}: events then ${typesOf(then)} / now ${typesOf(now)}` };
  }
  for (const [index, event] of then.entries()) {
    const path = findDifferentPath(event, now[index]);
    if (path !== undefined) return { difference: `${name}: the event ${event.type} differs in ${path}` };
  }
  return { state: result.state };
};

const toToday = ({ system }: Rehearsing, version: string, message: AnyEventObject): AnyEventObject =>
  system.versions.get(version)?.translator?.fromCharts(message) ?? message;

const toCharts = ({ system }: Rehearsing, version: string, message: AnyEventObject): AnyEventObject =>
  message.type.startsWith('xstate.')
    ? message
    : (system.versions.get(version)?.translator?.toCharts(message) ?? message);

/** An event in the words of today, without texts for people: wording may change, and so may the schema's version. */
const toEvent = (
  rehearsing: Rehearsing,
  version: string,
  { type, data }: EventRow | NewEvent,
): AnyEventObject => {
  const fields: Fields = typeof data === 'string' ? readFields(data) : data;
  const today = toToday(rehearsing, version, { ...fields, type });
  return JSON.parse(JSON.stringify(today, (name, value) => (name === 'text' ? undefined : value)));
};

/** A reply finds the call with its key and attempt, a deadline the one with its name. Undefined if there is none. */
const toIncoming = (
  orderId: string,
  state: SystemState,
  { messageId, kind, to, at, causationId }: Message,
  message: AnyEventObject,
): Incoming | undefined => {
  if (kind === 'reply') {
    const callId = findCall(state, to, message);
    return callId === undefined ? undefined : { kind, orderId, at, callId, message };
  }
  if (kind !== 'deadline') return { kind: 'message', orderId, at, messageId, to, message, causationId };
  const found = findDeadline(state, to, message);
  return found && { kind, orderId, at, ...found };
};

const findCall = (
  { calls }: SystemState,
  to: string,
  { key, attempt }: AnyEventObject,
): string | undefined => {
  for (const [callId, { actor, command }] of calls) {
    if (actor === to && command.key === key && command['attempt'] === attempt) return callId;
  }
  return undefined;
};

/** Of several, the one that is due first. */
const findDeadline = (
  { deadlines }: SystemState,
  to: string,
  message: AnyEventObject,
): { readonly key: string; readonly dueAt: number } | undefined => {
  const name = toDeadlineName(message.type);
  const isMeant = (event: AnyEventObject) =>
    name === undefined ? isSameData(event, message) : toDeadlineName(event.type) === name;
  const [first] = [...deadlines]
    .filter(([, deadline]) => deadline.to === to && isMeant(deadline.event))
    .sort(([, one], [, other]) => one.dueAt - other.dueAt);
  return first && { key: first[0], dueAt: first[1].dueAt };
};
