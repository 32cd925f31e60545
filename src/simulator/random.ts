// Random numbers that a seed decides: the same seed and name, the same numbers. It never asks the system for
// randomness, and it is no source of secrets. The tests use it too, so that every failure can be repeated.
import { createHash } from 'node:crypto';

export interface SeededRandom {
  /** From 0 up to, and without, 1. */
  fraction(): number;
  happens(probability: number): boolean;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** @throws RangeError for an empty list. */
  pick<T>(list: readonly T[]): T;
  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): T[];
  /** In ms: nine of ten up to twice `typical`, the others up to 20 times, one of a hundred up to 600 times. */
  delay(typical: number): number;
  bytes(count: number): Uint8Array;
  /** A stream of its own, which depends on the numbers drawn so far. */
  fork(): SeededRandom;
}

/**
 * A stream of random numbers (sfc32, by Chris Doty-Humphrey). Streams with different names are independent, so
 * that one more number drawn here changes nothing there.
 */
export const createRandom = (seed: number | string, ...name: readonly (number | string)[]): SeededRandom => {
  const start = createHash('sha256')
    .update([seed, ...name].join(' '))
    .digest();
  let a = start.readInt32LE(0);
  let b = start.readInt32LE(4);
  let c = start.readInt32LE(8);
  let d = start.readInt32LE(12);
  const fraction = (): number => {
    const mixed = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + mixed) | 0;
    return (mixed >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number =>
    least + Math.floor(fraction() * (most - least + 1));
  return {
    fraction,
    happens: (probability) => fraction() < probability,
    between,
    pick: (list) => {
      const picked = list[between(0, list.length - 1)];
      if (picked === undefined) throw new RangeError('an empty list has nothing to pick');
      return picked;
    },
    shuffle: (items) =>
      items
        .map((item) => ({ item, place: fraction() }))
        .sort((one, other) => one.place - other.place)
        .map(({ item }) => item),
    delay: (typical) => {
      const kind = fraction();
      const times = kind < 0.9 ? 2 * fraction() : kind < 0.99 ? 20 * fraction() : 600 * fraction();
      return Math.ceil(typical * times);
    },
    bytes: (count) => Uint8Array.from({ length: count }, () => between(0, 255)),
    fork: () => createRandom(between(0, 2 ** 32 - 1)),
  };
};
