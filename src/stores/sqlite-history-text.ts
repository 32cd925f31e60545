// What is written of a message's data in the history, and back: ids are shortened, and personal fields are taken out into
// a list of the row's own. It changes no value that it is given to write.
import { fromShortId, toShortId } from './sqlite-ids.ts';

/** Whether the field `name` of messages of a type is personal data. */
export type IsPersonal = (type: string, name: string, field: unknown) => boolean;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Writes the data of one row. `personal` has what was taken out, each value once. */
export class RowTexts {
  readonly personal: unknown[] = [];
  readonly #places = new Map<unknown, number>();
  readonly #orderId: string;
  readonly #isPersonal: IsPersonal;

  constructor(orderId: string, isPersonal: IsPersonal) {
    this.#orderId = orderId;
    this.#isPersonal = isPersonal;
  }

  shorten(id: string): string {
    return toShortId(this.#orderId, id);
  }

  /** A copy of `value`, the data of a message of this type, as it is written. */
  shrink(type: string, value: unknown): unknown {
    if (typeof value === 'string') return this.shorten(value);
    if (Array.isArray(value)) return value.map((item) => this.shrink(type, item));
    if (!isFields(value)) return value;
    const shrunk: [string, unknown][] = [];
    for (const name of Object.keys(value)) {
      const field = value[name];
      const isTaken = field !== null && field !== undefined && this.#isPersonal(type, name, field);
      shrunk.push([name, isTaken ? `~${this.#placeOf(field)}` : this.shrink(type, field)]);
    }
    return Object.fromEntries(shrunk);
  }

  #placeOf(field: unknown): number {
    const known = this.#places.get(field);
    if (known !== undefined) return known;
    this.#places.set(field, this.personal.length);
    return this.personal.push(field) - 1;
  }
}

const personalPlace = /^~\d/;

/** What `RowTexts` made `value` of; it changes lists and objects in place. A personal field that was erased is null. */
export const restore = (orderId: string, personal: readonly unknown[], value: unknown): unknown => {
  if (typeof value === 'string') {
    if (!value.startsWith('~')) return value;
    return personalPlace.test(value)
      ? (personal[Number(value.slice(1))] ?? null)
      : fromShortId(orderId, value);
  }
  if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) value[place] = restore(orderId, personal, item);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      // Defined, not assigned: a name such as __proto__ is a name like any other.
      const restored = restore(orderId, personal, field);
      if (restored !== field) Object.defineProperty(value, name, { value: restored });
    }
  }
  return value;
};
