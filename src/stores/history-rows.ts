// Writes rows of the history: what an order received in one commit, and the events that this led to, as JSON. What follows
// from the row or from an id is left out; history-entries.ts puts it back. It asks the database nothing.
import type { NewEvent, Received } from '../store.ts';
import { type MessageTraits, RowTexts } from './history-text.ts';

/** A message as any file may have it: an older one, or a damaged one. */
export type HistoryMessage = Omit<Received, 'kind' | 'disposition' | 'data'> & {
  readonly kind: string;
  readonly disposition: string;
  readonly data: unknown;
};
/** `position` is undefined before the journal has given one. */
export type HistoryEvent = Omit<NewEvent, 'data'> & { readonly data: unknown; readonly position?: number };

/** Values of a row's columns. */
export interface HistoryRow {
  readonly orderId: string;
  readonly version: number;
  readonly lastSeq: number;
  readonly at: number;
  readonly messageId: string | null;
  readonly correlationId: string;
  readonly messages: string;
  readonly events: string | null;
  readonly personal: string | null;
  /** Values that the row refers to, by key. */
  readonly common: ReadonlyMap<string, string>;
  readonly eventCount: number;
  /** Of its last event, if it has one already. */
  readonly position: number | undefined;
}

/** One row, before it is written down. */
interface Group {
  readonly messages: HistoryMessage[];
  readonly events: HistoryEvent[];
  readonly at: number;
  version: number;
  lastSeq: number;
}

/** How a message with this id usually came. */
export const kindOf = (orderId: string, messageId: string): string => {
  if (messageId.startsWith(`${orderId}/calls/`) && messageId.endsWith('/reply')) return 'reply';
  return messageId.startsWith(`${orderId}/deadlines/`) ? 'deadline' : 'message';
};

/** In a row, versions, seqs and positions are counted back from the last one. */
const continues = ({ events }: Group, event: HistoryEvent): boolean => {
  const last = events.at(-1);
  if (last === undefined) return true;
  const isNext = last.position === undefined || event.position === last.position + 1;
  return isNext && event.seq === last.seq + 1;
};

const addEvent = (groups: Group[], event: HistoryEvent): void => {
  let group = groups.at(-1);
  if (group === undefined || !continues(group, event)) {
    group = { messages: [], events: [], at: event.at, version: group?.version ?? 1, lastSeq: 0 };
    groups.push(group);
  }
  group.events.push(event);
  group.lastSeq = event.seq;
};

const addMessage = (groups: Group[], message: HistoryMessage, seq: number, first?: HistoryEvent): void => {
  const { version, at, causationId } = message;
  const last = groups.at(-1);
  const isNext = last !== undefined && causationId !== null && at === last.at && version === last.version + 1;
  if (last !== undefined && isNext && (first === undefined || continues(last, first))) {
    last.messages.push(message);
    last.version = version;
  } else groups.push({ messages: [message], events: [], at, version, lastSeq: last?.lastSeq ?? seq });
};

/** A message from outside begins a row; its events, and what they led to at the same time, are in the same one. */
const toGroups = (
  messages: readonly HistoryMessage[],
  events: readonly HistoryEvent[],
  lastSeq: number,
): readonly Group[] => {
  const groups: Group[] = [];
  let next = 0;
  for (const message of messages) {
    const isCause = (event: HistoryEvent | undefined) => event?.causationId === message.messageId;
    const first = events[next];
    addMessage(groups, message, lastSeq, isCause(first) ? first : undefined);
    for (let event = first; event !== undefined && isCause(event); event = events[next]) {
      addEvent(groups, event);
      next += 1;
    }
  }
  for (const event of events.slice(next)) addEvent(groups, event);
  return groups;
};

/** `others` without what is undefined; undefined if nothing is left. */
const toOthers = (others: Readonly<Record<string, unknown>>): unknown => {
  for (const name in others) if (others[name] !== undefined) return others;
  return undefined;
};

/** The end of an entry, where what says nothing is left out. */
const toEnd = (data: unknown, others: unknown): readonly unknown[] => {
  if (others !== undefined) return [data, others];
  const isEmpty = typeof data === 'object' && data !== null && Object.keys(data).length === 0;
  return isEmpty && !Array.isArray(data) ? [] : [data];
};

const unless = <T>(value: T, usual: unknown): T | undefined => (value === usual ? undefined : value);

const toRow = (orderId: string, group: Group, traits: MessageTraits): HistoryRow => {
  const { messages, events, at, version, lastSeq } = group;
  const texts = new RowTexts(orderId, traits);
  const [first] = messages;
  const outsideId = first?.causationId === null ? first.messageId : undefined;
  const correlation = (first ?? events[0])?.correlationId ?? '';
  const places = new Map(messages.map((message, place) => [message.messageId, place]));
  const toCause = (id: string | null) => (id === null ? null : (places.get(id) ?? texts.shorten(id)));
  const writtenMessages = messages.map((message) => {
    const { messageId: id, to, type, causationId, kind, disposition, reason, principal } = message;
    const others = toOthers({
      kind: unless(kind, kindOf(orderId, id)),
      correlation: unless(message.correlationId, correlation),
      disposition: unless(disposition, 'applied'),
      reason: reason ?? undefined,
      at: unless(message.at, at),
      principal,
    });
    const shortId = id === outsideId ? null : texts.shorten(id);
    return [to, type, shortId, toCause(causationId), ...toEnd(texts.toData(type, message.data), others)];
  });
  const writtenEvents = events.map((event) => {
    const { actor, type, seq, eventId, schemaVersion, causationId } = event;
    const others = toOthers({
      id: eventId === `${orderId}/events/${seq}` ? undefined : texts.shorten(eventId),
      schemaVersion: unless(schemaVersion, 1),
      correlation: unless(event.correlationId, correlation),
      at: unless(event.at, at),
    });
    return [actor, type, toCause(causationId), ...toEnd(texts.toData(type, event.data), others)];
  });
  return {
    ...{ orderId, version, lastSeq, at },
    messageId: unless(outsideId, correlation) ?? null,
    correlationId: correlation,
    messages: JSON.stringify(writtenMessages),
    events: events.length === 0 ? null : JSON.stringify(writtenEvents),
    personal: texts.personal.length === 0 ? null : JSON.stringify(texts.personal),
    common: texts.common,
    eventCount: events.length,
    position: events.at(-1)?.position,
  };
};

/** The rows of what one order received, with the events that it led to. `lastSeq`: of the event before. */
export const toHistoryRows = (
  orderId: string,
  messages: readonly HistoryMessage[],
  events: readonly HistoryEvent[],
  lastSeq: number,
  traits: MessageTraits,
): readonly HistoryRow[] => toGroups(messages, events, lastSeq).map((group) => toRow(orderId, group, traits));
