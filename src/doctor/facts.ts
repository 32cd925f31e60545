// One order's dossier as the checks want it: its messages and events read once, its system as it stands, what
// it asked the gateway for, what a person decided. It judges nothing, except what cannot be read at all.
import { describeError } from '../errors.ts';
import type { Dossier, EventRow, LedgerEntry, OrderRow } from '../evidence.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { fromStored, type SystemState } from '../step/snapshot.ts';
import { hasIncident, isSettled } from '../step/view.ts';
import { type Fields, numberIn, readFields, textIn } from './json.ts';
import { type Message, type Replayed, replay } from './replay.ts';
import type { Tally } from './tally.ts';

/** A notice that lies in the mail folder, and since when (ms since 1970). */
export interface Mail {
  readonly notice: string;
  readonly at: number;
}

/** One order, with all that is said of it. */
export interface Case {
  readonly dossier: Dossier;
  /** What the gateway did for it; undefined where no ledger is given. */
  readonly ledger?: readonly LedgerEntry[];
  /** The notices that lie in the mail folder; undefined where none is given. */
  readonly mail?: readonly Mail[];
}

/** A domain event; `fields` are read where a check asks for them (`telling`). */
export interface Event extends EventRow {
  readonly fields: Fields;
}

/** That the gateway (or another service) was asked something under a key. */
interface Intent {
  readonly key: string;
  /** When it was first decided (ms since 1970). */
  readonly at: number;
}

export interface Facts {
  readonly orderId: string;
  readonly dossier: Dossier;
  readonly order: OrderRow;
  readonly messages: readonly Message[];
  readonly events: readonly Event[];
  /** Undefined where these charts cannot read it. */
  readonly state: SystemState | undefined;
  readonly replayed: Replayed | undefined;
  /** Whether nothing of the order moves by itself or waits for a person. */
  readonly isAtRest: boolean;
  /** As the customer placed it. */
  readonly total: number | undefined;
  readonly currency: string | undefined;
  readonly intents: ReadonlyMap<string, Intent>;
  eventsOf(...types: readonly string[]): readonly Event[];
  /** Whether a person ended an incident of `actor` by saying `outcome`. */
  wasResolved(actor: string, outcome: string): boolean;
}

/** The events whose data says something that is checked; the replay compares the data of all. */
const telling = /^(payment\.|order\.completed$|incident\.closed$)/;

export const toFacts = (
  system: RegisteredSystem,
  dossier: Dossier,
  order: OrderRow,
  willReplay: boolean,
  tally: Tally,
): Facts => {
  const { orderId } = dossier;
  const fieldsOf = (data: string, what: string): Fields => {
    const fields = readFields(data);
    if (fields === undefined) tally.violate('gapless', orderId, `the data of ${what} is not a JSON object`);
    return fields ?? {};
  };
  const messages = dossier.received.map((row) => ({
    ...row,
    fields: fieldsOf(row.data, `message ${row.version}`),
  }));
  const events = dossier.events.map((row) => ({
    ...row,
    fields: telling.test(row.type) ? fieldsOf(row.data, `event ${row.seq}`) : {},
  }));
  const isReadable = order.chartVersion === system.version && order.unreadable === null;
  if (!isReadable) tally.leaveOut('orders were written by other charts or set aside; they were not replayed');
  const replayed =
    isReadable && willReplay ? replay(system, order, messages, dossier.events, tally) : undefined;
  const state = replayed?.state ?? (isReadable ? readState(system, order, tally) : undefined);
  const placed = messages[0]?.type === 'order.place' ? messages[0].fields : {};
  const resolved = events.filter(
    ({ type, fields }) => type === 'incident.closed' && fields['how'] === 'resolved',
  );
  return {
    orderId,
    dossier,
    order,
    messages,
    events,
    state,
    replayed,
    isAtRest: state ? isSettled(state) && !hasIncident(state) : order.settled && !order.incident,
    total: numberIn(placed, 'amount'),
    currency: textIn(placed, 'currency'),
    intents: findIntents(dossier, messages, events, state, replayed),
    eventsOf: (...types) => events.filter(({ type }) => types.includes(type)),
    wasResolved: (actor, outcome) =>
      resolved.some((event) => event.actor === actor && event.fields['outcome'] === outcome),
  };
};

const readState = (system: RegisteredSystem, order: OrderRow, tally: Tally): SystemState | undefined => {
  try {
    return fromStored(system, order.system);
  } catch (error) {
    tally.violate('rows', order.orderId, describeError(error));
    return undefined;
  }
};

/**
 * A replay knows every call that was ever decided. Without one, a call leaves its key in what it was announced
 * by, in the pending call, in the reply, or in the key that its actor used last.
 */
const findIntents = (
  dossier: Dossier,
  messages: readonly Message[],
  events: readonly Event[],
  state: SystemState | undefined,
  replayed: Replayed | undefined,
): ReadonlyMap<string, Intent> => {
  const intents = new Map<string, Intent>();
  const note = (key: string | undefined, at: number) => {
    if (key === undefined) return;
    const known = intents.get(key);
    if (known === undefined || at < known.at) intents.set(key, { key, at });
  };
  if (replayed) {
    for (const { command, at } of replayed.calls) note(command.key, at);
    return intents;
  }
  for (const { type, fields, at } of events)
    if (type === 'payment.initiated') note(textIn(fields, 'key'), at);
  for (const { command, at } of dossier.calls) note(textIn(readFields(command) ?? {}, 'key'), at);
  for (const { key, at } of state?.keys.values() ?? []) note(key, at);
  const decidedAt = new Map(messages.map(({ messageId, at }) => [messageId, at]));
  for (const { messageId, causationId, fields, at } of messages) {
    // A reply is caused by the message whose step decided its call.
    if (messageId.endsWith('/reply')) note(textIn(fields, 'key'), decidedAt.get(causationId ?? '') ?? at);
  }
  return intents;
};
