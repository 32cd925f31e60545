// State = fold: takes an order's recorded messages through its charts once more, and compares what each step
// decides with what was stored. It has no clock and changes nothing; one check that catches most of what a
// host can do wrong.
import type { AnyEventObject } from 'xstate';
import { describeError } from '../errors.ts';
import type { EventRow, OrderRow, ReceivedRow } from '../evidence.ts';
import type { Call, NewEvent, Received } from '../step/effect.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { newSystem, type SystemState, toStored } from '../step/snapshot.ts';
import { type Incoming, step } from '../step/step.ts';
import { type Fields, findDifference, saysSame } from './json.ts';
import type { Tally } from './tally.ts';

/** A recorded message, with its payload read. */
export interface Message extends ReceivedRow {
  readonly fields: Fields;
}

export interface Replayed {
  /** The same as what is stored. */
  readonly state: SystemState;
  /** Every call that was ever decided for the order, in order. */
  readonly calls: readonly Call[];
}

/** Undefined where the replay does not come to what is stored: then the tally says so. */
export const replay = (
  system: RegisteredSystem,
  order: OrderRow,
  messages: readonly Message[],
  events: readonly EventRow[],
  tally: Tally,
): Replayed | undefined => {
  tally.look('replay');
  try {
    const replayed = fold(system, order, messages, events, tally);
    if (typeof replayed !== 'string') return replayed;
    tally.violate('replay', order.orderId, replayed);
  } catch (error) {
    tally.violate('replay', order.orderId, `replaying it fails: ${describeError(error)}`);
  }
  return undefined;
};

/** What was come to; a problem in words; or undefined where a step can't be taken again as it was then. */
const fold = (
  system: RegisteredSystem,
  order: OrderRow,
  messages: readonly Message[],
  events: readonly EventRow[],
  tally: Tally,
): Replayed | string | undefined => {
  const calls: Call[] = [];
  let state = newSystem(system, order.createdAt, messages[0]?.correlationId ?? '');
  for (const row of messages) {
    const incoming = toIncoming(state, order.orderId, row, tally);
    if (typeof incoming === 'string') return `message ${row.version} (${row.type}) ${incoming}`;
    const result = step(system, state, incoming);
    if (result === undefined) return `message ${row.version} (${row.type}) was dealt with before`;
    // Its chart was mended since: from here on the order went another way than it would go today.
    if (row.disposition === 'dead' && result.received.disposition !== 'dead') {
      tally.leaveOut(
        'orders hold a message that made a chart fail and no longer does; they were not replayed',
      );
      return undefined;
    }
    const problem =
      compareReceived(row, result.received) ?? compareEvents(state.events, events, result.events);
    if (problem !== undefined) return problem;
    calls.push(...result.calls);
    ({ state } = result);
  }
  if (events.length > state.events) return `event ${state.events + 1} comes from no message`;
  const expected = toStored(system, state);
  if (expected === order.system) return { state, calls };
  const difference = findDifference(order.system, expected);
  return difference === undefined ? { state, calls } : `its messages give another ${difference}`;
};

/** A recorded message as it came then; or why it can't have come. */
const toIncoming = (
  state: SystemState,
  orderId: string,
  { messageId, to, at, type, fields }: Message,
  tally: Tally,
): Incoming | string => {
  const message = { ...fields, type };
  if (messageId.startsWith(`${orderId}/calls/`) && messageId.endsWith('/reply')) {
    const callId = messageId.slice(0, -'/reply'.length);
    return state.calls.has(callId)
      ? { kind: 'reply', orderId, at, callId, message }
      : 'answers a call that was not pending';
  }
  if (messageId.startsWith(`${orderId}/deadlines/`)) {
    tally.look('deadlines');
    const due = findDeadline(state, to, message);
    if (due === undefined) {
      tally.violate('deadlines', orderId, `${type} rang although it was not set any more`);
      return 'is a deadline that was not set';
    }
    if (due.dueAt > at) {
      tally.violate('deadlines', orderId, `${type} rang ${due.dueAt - at} ms before it was due`);
    }
    return { kind: 'deadline', orderId, at, ...due };
  }
  return { kind: 'message', orderId, at, messageId, to, message, causationId: null };
};

/** Of several deadlines that say the same, the one that is due first is the one that rang. */
const findDeadline = (
  { deadlines }: SystemState,
  to: string,
  message: AnyEventObject,
): { readonly key: string; readonly dueAt: number } | undefined => {
  let found: { readonly key: string; readonly dueAt: number } | undefined;
  for (const [key, deadline] of deadlines) {
    const { type, ...data } = deadline.event;
    const { type: rung, ...rungData } = message;
    if (deadline.to !== to || type !== rung || !saysSame(JSON.stringify(rungData), data)) continue;
    if (found === undefined || deadline.dueAt < found.dueAt) found = { key, dueAt: deadline.dueAt };
  }
  return found;
};

/** The wording of a reason is no part of what happened, and may be improved. */
const compareReceived = (row: ReceivedRow, result: Received): string | undefined => {
  const message = `message ${row.version} (${row.type})`;
  if (row.disposition !== result.disposition) {
    return `${message} is recorded as ${row.disposition}, and would be ${result.disposition}`;
  }
  const isSame =
    row.version === result.version &&
    row.messageId === result.messageId &&
    row.to === result.to &&
    row.causationId === result.causationId &&
    row.correlationId === result.correlationId;
  return isSame ? undefined : `${message} is recorded with another version, id, actor or cause`;
};

const compareEvents = (
  before: number,
  stored: readonly EventRow[],
  decided: readonly NewEvent[],
): string | undefined => {
  for (const [index, event] of decided.entries()) {
    const row = stored[before + index];
    const name = `event ${event.seq} (${event.type})`;
    if (row === undefined) return `${name} is missing`;
    if (row.type !== event.type) return `event ${event.seq} is ${row.type}, and should be ${event.type}`;
    const isSame =
      row.seq === event.seq &&
      row.eventId === event.eventId &&
      row.actor === event.actor &&
      row.schemaVersion === event.schemaVersion &&
      row.causationId === event.causationId &&
      row.correlationId === event.correlationId &&
      row.at === event.at;
    if (!isSame) return `${name} is stored with another id, actor, cause or time`;
    if (!saysSame(row.data, event.data)) return `${name} is stored with other data`;
  }
  return undefined;
};
