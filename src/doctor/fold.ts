// The state is the fold of the messages: replays an order's recorded messages, and compares what each step decides
// with what was stored. It changes nothing; this one check finds most of what a host can do wrong.
import type { AuditedMessage, Results } from '../audit.ts';
import type { EventRow, OrderRow } from '../audit-source.ts';
import { describeError } from '../errors.ts';
import type { Call, NewEvent, Received } from '../step/effect.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { firstVersion, replayMessage } from '../step/replay.ts';
import { newSystem, toStored } from '../step/snapshot.ts';
import type { SystemState } from '../step/system-state.ts';
import type { EngineCheck } from './checks.ts';
import { findDifference, isStoredAs } from './json.ts';

interface Fold {
  /** The same as what is stored. */
  readonly state: SystemState;
  /** Every call that was ever decided for the order, in order. */
  readonly calls: readonly Call[];
}

/** Undefined when the replay does not result in what is stored: then the results have a violation. */
export const foldMessages = (
  system: RegisteredSystem,
  order: OrderRow,
  messages: readonly AuditedMessage[],
  events: readonly EventRow[],
  results: Results<EngineCheck>,
): Fold | undefined => {
  results.count('stateIsFold');
  try {
    const fold = replayAll(system, order, messages, events, results);
    if (typeof fold !== 'string') return fold;
    results.violate('stateIsFold', order.orderId, fold);
  } catch (error) {
    results.violate('stateIsFold', order.orderId, `replaying it fails: ${describeError(error)}`);
  }
  return undefined;
};

/** The result, or a problem in words. */
const replayAll = (
  system: RegisteredSystem,
  order: OrderRow,
  messages: readonly AuditedMessage[],
  events: readonly EventRow[],
  results: Results<EngineCheck>,
): Fold | string => {
  const calls: Call[] = [];
  const read = messages.map(({ fields, ...message }) => ({ ...message, data: fields }));
  const start = firstVersion(read) ?? order.chartVersion;
  let state = newSystem(system, order.createdAt, messages[0]?.correlationId ?? '', start);
  for (const message of messages) {
    const result = replayOne(system, order, state, message, results);
    if (typeof result === 'string') return result;
    const problem =
      compareReceived(message, result.received) ?? compareEvents(state.events, events, result.events);
    if (problem !== undefined) return problem;
    calls.push(...result.calls);
    ({ state } = result);
  }
  if (events.length > state.events) return `event ${state.events + 1} results from no message`;
  const expected = toStored(state);
  if (expected === order.system) return { state, calls };
  const difference = findDifference(order.system, expected);
  return difference === undefined ? { state, calls } : `its messages give another ${difference}`;
};

const isKind = (kind: string): kind is Received['kind'] => ['message', 'reply', 'deadline'].includes(kind);

const replayOne = (
  system: RegisteredSystem,
  { orderId }: OrderRow,
  state: SystemState,
  { kind, fields, ...message }: AuditedMessage,
  results: Results<EngineCheck>,
) => {
  const { type, version, at } = message;
  if (!isKind(kind)) return `message ${version} (${type}) is recorded as a ${kind}`;
  const replayed = replayMessage(system, orderId, state, { ...message, kind, data: fields });
  if (kind === 'deadline') results.count('deadlinesOnTime');
  if (typeof replayed === 'string') {
    if (kind === 'deadline') {
      results.violate('deadlinesOnTime', orderId, `${type} fired although it was no longer set`);
    }
    return replayed;
  }
  const { incoming, result } = replayed;
  const isTimed = incoming.kind === 'deadline' || incoming.kind === 'postponement';
  if (isTimed && incoming.dueAt > at) {
    results.violate('deadlinesOnTime', orderId, `${type} fired ${incoming.dueAt - at} ms before it was due`);
  }
  return result;
};

/** The wording of a reason is no part of what happened, and may be improved. */
const compareReceived = (row: AuditedMessage, result: Received): string | undefined => {
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
    if (!isStoredAs(row.data, event.data)) return `${name} is stored with other data`;
  }
  return undefined;
};
