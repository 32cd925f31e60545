// One order's records as the checks need them: its messages and events read once, its system as it stands, the keys
// that services were called with. It judges nothing, except what cannot be read at all.
import type { Application } from '../application.ts';
import { type AuditedEvent, type AuditedMessage, type AuditedOrder, type Results, textIn } from '../audit.ts';
import type { EventRow, Fields, OrderRecords, OrderRow } from '../audit-source.ts';
import { describeError } from '../errors.ts';
import type { Call } from '../step/effect.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { fromStored } from '../step/snapshot.ts';
import type { SystemState } from '../step/system-state.ts';
import { hasIncident, isSettled } from '../step/view.ts';
import type { EngineCheck } from './checks.ts';
import { foldMessages } from './fold.ts';
import { readFields } from './json.ts';

/** What is examined: an application, with its charts as the step runs them. */
export interface Examined {
  readonly application: Application;
  readonly system: RegisteredSystem;
}

export const toAuditedOrder = (
  { system }: Examined,
  records: OrderRecords,
  order: OrderRow,
  replay: boolean,
  results: Results<EngineCheck>,
): AuditedOrder => {
  const { orderId } = records;
  const fieldsOf = (data: string, what: string): Fields => {
    const fields = readFields(data);
    if (fields === undefined)
      results.violate('gaplessHistory', orderId, `the data of ${what} is not a JSON object`);
    return fields ?? {};
  };
  const messages = records.received.map((row) => ({
    ...row,
    fields: fieldsOf(row.data, `message ${row.version}`),
  }));
  const events = records.events.map((row) =>
    toAuditedEvent(row, () => fieldsOf(row.data, `event ${row.seq}`)),
  );
  const isReadable = system.versions.has(order.chartVersion) && order.unreadable === null;
  if (!isReadable)
    results.leaveOut('orders were written by other charts or are unreadable; they were not replayed');
  const fold =
    isReadable && replay ? foldMessages(system, order, messages, records.events, results) : undefined;
  const state = fold?.state ?? (isReadable ? readState(system, order, results) : undefined);
  const eventsOf = (...types: readonly string[]) => events.filter(({ type }) => types.includes(type));
  return {
    orderId,
    order,
    messages,
    events,
    pendingCalls: records.calls,
    rows: records.rows,
    state,
    calls: fold?.calls,
    keys: fold ? keysOfCalls(fold.calls) : findKeys(records, messages, state),
    isAtRest: state ? isSettled(state) && !hasIncident(state) : order.settled && !order.incident,
    eventsOf,
    wasResolved: (actor, outcome) =>
      eventsOf('incident.closed').some(
        (event) =>
          event.actor === actor && event.fields['how'] === 'resolved' && event.fields['outcome'] === outcome,
      ),
  };
};

/** Few checks need the data of an event: it is read when one does. */
const toAuditedEvent = (row: EventRow, read: () => Fields): AuditedEvent => {
  let fields: Fields | undefined;
  return {
    ...row,
    get fields() {
      fields ??= read();
      return fields;
    },
  };
};

const readState = (
  system: RegisteredSystem,
  order: OrderRow,
  results: Results<EngineCheck>,
): SystemState | undefined => {
  try {
    return fromStored(system, order.system);
  } catch (error) {
    results.violate('rowMatchesSystem', order.orderId, describeError(error));
    return undefined;
  }
};

const createKeys = () => {
  const keys = new Map<string, number>();
  const add = (key: string | undefined, at: number): void => {
    if (key !== undefined) keys.set(key, Math.min(at, keys.get(key) ?? at));
  };
  return { keys, add };
};

const keysOfCalls = (calls: readonly Call[]): ReadonlyMap<string, number> => {
  const { keys, add } = createKeys();
  for (const { command, at } of calls) add(command.key, at);
  return keys;
};

/** Without a replay, a call leaves its key in the pending call, in its reply, or as the one that its actor used last. */
const findKeys = (
  { calls }: OrderRecords,
  messages: readonly AuditedMessage[],
  state: SystemState | undefined,
): ReadonlyMap<string, number> => {
  const { keys, add } = createKeys();
  for (const { command, at } of calls) add(textIn(readFields(command) ?? {}, 'key'), at);
  for (const { key, at } of state?.keys.values() ?? []) add(key, at);
  const decidedAt = new Map(messages.map(({ messageId, at }) => [messageId, at]));
  for (const { kind, causationId, fields, at } of messages) {
    // A reply is caused by the message whose step decided its call.
    if (kind === 'reply') add(textIn(fields, 'key'), decidedAt.get(causationId ?? '') ?? at);
  }
  return keys;
};
