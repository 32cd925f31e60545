// What is written of a message's data in the history, and back: ids are shortened, personal fields are taken out into a
// list of the row's own, and values that many messages have alike are named by their key. It changes no value that it is
// given to write.
import type { CommonValues, ReadCommonValue } from './common-values.ts';
import { fromShortId, toShortId } from './short-ids.ts';

/** Whether the field `name` of messages of a type is personal data. */
export type IsPersonal = (type: string, name: string, field: unknown) => boolean;

/** What a store knows of the messages that it writes. */
export interface MessageTraits {
  readonly isPersonal: IsPersonal;
  readonly common: Pick<CommonValues, 'keyOf'>;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Writes the data of one row. `personal` has what was taken out, each value once; `common` has values by their key. */
export class RowTexts {
  readonly personal: unknown[] = [];
  readonly common = new Map<string, string>();
  readonly #places = new Map<unknown, number>();
  readonly #orderId: string;
  readonly #traits: MessageTraits;

  constructor(orderId: string, traits: MessageTraits) {
    this.#orderId = orderId;
    this.#traits = traits;
  }

  shorten(id: string): string {
    return toShortId(this.#orderId, id);
  }

  /** A copy of `data`, that of a message of this type, as it is written. */
  toData(type: string, data: unknown): unknown {
    if (!isFields(data) || Array.isArray(data)) return this.#shrink(type, data);
    return this.#shrinkFields(type, data, (field) => this.#toCommon(type, field));
  }

  #shrink(type: string, value: unknown): unknown {
    if (typeof value === 'string') return this.shorten(value);
    if (Array.isArray(value)) return value.map((item) => this.#shrink(type, item));
    return isFields(value) ? this.#shrinkFields(type, value, (field) => this.#shrink(type, field)) : value;
  }

  #shrinkFields(type: string, fields: Fields, shrink: (field: unknown) => unknown): unknown {
    const shrunk: Record<string, unknown> = {};
    for (const name of Object.keys(fields)) {
      const field = fields[name];
      const isTaken = field !== null && field !== undefined && this.#traits.isPersonal(type, name, field);
      const written = isTaken ? `~${this.#placeOf(field)}` : shrink(field);
      // Defined, not assigned: it is a name like any other.
      if (name === '__proto__') Object.defineProperty(shrunk, name, { value: written, enumerable: true });
      else shrunk[name] = written;
    }
    return shrunk;
  }

  /** What has personal fields or the order's id in it is of this order alone. */
  #toCommon(type: string, field: unknown): unknown {
    const shrunk = this.#shrink(type, field);
    if (!isFields(shrunk)) return shrunk;
    const value = JSON.stringify(shrunk);
    const key = value.includes('"~') ? undefined : this.#traits.common.keyOf(value);
    if (key === undefined) return shrunk;
    this.common.set(key, value);
    return `~=${key}`;
  }

  #placeOf(field: unknown): number {
    const known = this.#places.get(field);
    if (known !== undefined) return known;
    this.#places.set(field, this.personal.length);
    return this.personal.push(field) - 1;
  }
}

const personalPlace = /^~\d/;

/** What data of one row is restored from. */
export interface RestoredFrom {
  readonly orderId: string;
  readonly personal: readonly unknown[];
  readonly readCommon: ReadCommonValue;
}

/** What `RowTexts` made `value` of; it changes lists and objects in place. A personal field that was erased is null. */
export const restore = (from: RestoredFrom, value: unknown): unknown => {
  if (typeof value === 'string') return value.startsWith('~') ? restoreText(from, value) : value;
  if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) value[place] = restore(from, item);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      const restored = restore(from, field);
      // Defined, not assigned: a name such as __proto__ is a name like any other.
      if (restored !== field) Object.defineProperty(value, name, { value: restored });
    }
  }
  return value;
};

const restoreText = ({ orderId, personal, readCommon }: RestoredFrom, short: string): unknown => {
  if (personalPlace.test(short)) return personal[Number(short.slice(1))] ?? null;
  return short.startsWith('~=') ? readCommon(short.slice(2)) : fromShortId(orderId, short);
};
