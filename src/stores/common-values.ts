// Values that many messages have alike, such as the policy that orders are placed with: a store can keep them once, and
// messages have their key. It knows no message, and keeps no value that has personal fields.
import { createHash } from 'node:crypto';
import { NewestMap } from '../newest-map.ts';

/** Shorter values stay where they are: a key takes 24 bytes, and each value a row. */
const leastLength = 200;
/** Of values that were written last. */
const remembered = 64;

const toKey = (value: string): string => createHash('sha256').update(value).digest('base64url').slice(0, 22);

/** Which values, as JSON, are common: those that were written before, as far as that is remembered. */
export class CommonValues {
  readonly #keys = new NewestMap<string, string>(remembered);

  /** The key of a common value; undefined for any other, and for each the first time. */
  keyOf(value: string): string | undefined {
    if (value.length < leastLength) return undefined;
    const known = this.#keys.get(value);
    const key = known === undefined ? '' : known || toKey(value);
    this.#keys.set(value, key);
    return key === '' ? undefined : key;
  }
}

/** The value under a key, never the same object twice; null if there is none. */
export type ReadCommonValue = (key: string) => unknown;
