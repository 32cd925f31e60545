// Reads rows of the history: the messages and the events that history-rows.ts wrote. It judges no value beyond its type.
import type { JournalEvent, Received } from '../store.ts';
import type { ReadCommonValue } from './common-values.ts';
import { type HistoryMessage, kindOf } from './history-rows.ts';
import { restore } from './history-text.ts';
import { isRecord, type Row, text, textOrNull, whole, wrong } from './rows.ts';
import { fromShortId } from './short-ids.ts';

type Entry = readonly unknown[];
type Others = Readonly<Record<string, unknown>>;

export type RecordedEvent = Omit<JournalEvent, 'data'> & { readonly data: unknown };

const listIn = (row: Row, column: string): Entry => {
  const kept = textOrNull(row, column);
  const value: unknown = kept === null ? [] : JSON.parse(kept);
  if (!Array.isArray(value)) throw wrong(row, column, 'a JSON list');
  return value;
};

const entriesIn = (row: Row, column: string): readonly Entry[] =>
  listIn(row, column).map((entry) => {
    if (!Array.isArray(entry)) throw wrong(row, column, 'a list of lists');
    return entry;
  });

/** A row while its entries are read. */
class Reading {
  readonly orderId: string;
  readonly at: number;
  readonly messages: readonly Entry[];
  readonly #row: Row;
  readonly #readCommon: ReadCommonValue;
  #personal: Entry | undefined;

  constructor(row: Row, readCommon: ReadCommonValue) {
    this.#row = row;
    this.#readCommon = readCommon;
    this.orderId = text(row, 'order_id');
    this.at = whole(row, 'at');
    this.messages = entriesIn(row, 'messages');
  }

  get correlationId(): string {
    return text(this.#row, 'correlation_id');
  }

  idOf(message: Entry | undefined): string {
    const short = message?.[2];
    if (typeof short === 'string') return fromShortId(this.orderId, short);
    return textOrNull(this.#row, 'message_id') ?? this.correlationId;
  }

  causeOf(cause: unknown): string | null {
    if (typeof cause === 'number') return this.idOf(this.messages[cause]);
    return typeof cause === 'string' ? fromShortId(this.orderId, cause) : null;
  }

  /** Without data an entry has an empty object. */
  dataOf(entry: Entry, place: number): unknown {
    if (entry.length <= place) return {};
    this.#personal ??= listIn(this.#row, 'personal');
    const { orderId } = this;
    return restore({ orderId, personal: this.#personal, readCommon: this.#readCommon }, entry[place]);
  }
}

const othersOf = (value: unknown): Others => (isRecord(value) ? value : {});
const textIn = (value: unknown, usual: string): string => (typeof value === 'string' ? value : usual);
const wholeIn = (value: unknown, usual: number): number => (typeof value === 'number' ? value : usual);

/** By version. */
export const toMessages = (row: Row, readCommon: ReadCommonValue): readonly HistoryMessage[] => {
  const reading = new Reading(row, readCommon);
  const { orderId, messages } = reading;
  const before = whole(row, 'version') - messages.length;
  return messages.map((entry, place) => {
    const others = othersOf(entry[5]);
    const messageId = reading.idOf(entry);
    const { principal, reason } = others;
    return {
      ...(typeof principal === 'string' && { principal }),
      version: before + place + 1,
      messageId,
      kind: textIn(others['kind'], kindOf(orderId, messageId)),
      to: String(entry[0]),
      type: String(entry[1]),
      data: reading.dataOf(entry, 4),
      causationId: reading.causeOf(entry[3]),
      correlationId: textIn(others['correlation'], reading.correlationId),
      disposition: textIn(others['disposition'], 'applied'),
      reason: typeof reason === 'string' ? reason : null,
      at: wholeIn(others['at'], reading.at),
    };
  });
};

/** By seq, those that `wants` says yes to by position and type. */
export const toEvents = (
  row: Row,
  readCommon: ReadCommonValue,
  wants: (position: number, type: string) => boolean = () => true,
): readonly RecordedEvent[] => {
  const entries = entriesIn(row, 'events');
  const places = entries.length - 1;
  const firstPosition = whole(row, 'position') - places;
  const firstSeq = whole(row, 'last_seq') - places;
  let reading: Reading | undefined;
  return entries.flatMap((entry, place) => {
    const type = String(entry[1]);
    if (!wants(firstPosition + place, type)) return [];
    reading ??= new Reading(row, readCommon);
    return [toEvent(reading, entry, type, firstPosition + place, firstSeq + place)];
  });
};

const toEvent = (
  reading: Reading,
  entry: Entry,
  type: string,
  position: number,
  seq: number,
): RecordedEvent => {
  const { orderId } = reading;
  const others = othersOf(entry[4]);
  return {
    position,
    orderId,
    eventId: fromShortId(orderId, textIn(others['id'], `~/events/${seq}`)),
    seq,
    actor: String(entry[0]),
    type,
    schemaVersion: wholeIn(others['schemaVersion'], 1),
    data: reading.dataOf(entry, 3),
    causationId: reading.causeOf(entry[2]) ?? '',
    correlationId: textIn(others['correlation'], reading.correlationId),
    at: wholeIn(others['at'], reading.at),
  };
};

/** @throws Error if it is none that a store records. */
export const requireReceived = (row: Row, message: HistoryMessage): Received => {
  const { kind, disposition, data } = message;
  const isKind = kind === 'message' || kind === 'reply' || kind === 'deadline';
  const isDisposition = disposition === 'applied' || disposition === 'ignored' || disposition === 'dead';
  if (!isKind || !isDisposition || !isRecord(data)) throw wrong(row, 'messages', 'what was received');
  return { ...message, kind, disposition, data };
};

/** @throws Error if its data is no object. */
export const requireEvent = (row: Row, event: RecordedEvent): JournalEvent => {
  const { data } = event;
  if (!isRecord(data)) throw wrong(row, 'events', 'events');
  return { ...event, data };
};
