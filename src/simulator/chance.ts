// Chance that a seed decides: the same seed and name, the same draws. It never asks the system for randomness.
// Each part of a simulation draws from a stream of its own, so that one more draw here changes nothing there.
import { createHash } from 'node:crypto';

export interface Chance {
  /** From 0 up to 1. */
  next(): number;
  happens(rate: number): boolean;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** @throws RangeError for an empty list. */
  pick<T>(list: readonly T[]): T;
  /** ms: mostly around `typical`, now and then ten times, seldom three hundred times as long. */
  delay(typical: number): number;
  bytes(count: number): Uint8Array;
}

/** A stream of draws (sfc32, by Chris Doty-Humphrey). */
export const createChance = (seed: number, name: string): Chance => {
  const start = createHash('sha256').update(`${seed} ${name}`).digest();
  let a = start.readInt32LE(0);
  let b = start.readInt32LE(4);
  let c = start.readInt32LE(8);
  let d = start.readInt32LE(12);
  const next = (): number => {
    const mixed = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + mixed) | 0;
    return (mixed >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    happens: (rate) => next() < rate,
    between,
    pick: (list) => {
      const picked = list[between(0, list.length - 1)];
      if (picked === undefined) throw new RangeError('there is nothing to pick from');
      return picked;
    },
    delay: (typical) => {
      const kind = next();
      const times = kind < 0.9 ? 2 * next() : kind < 0.99 ? 20 * next() : 600 * next();
      return Math.ceil(typical * times);
    },
    bytes: (count) => Uint8Array.from({ length: count }, () => between(0, 255)),
  };
};
