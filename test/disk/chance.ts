// Chance from a seed: the same seed, the same draws. It is for breaking things on purpose, never for secrets.

export interface Chance {
  /** From 0 up to 1. */
  share(): number;
  /** A whole number from 0 up to `below`. */
  below(below: number): number;
  happens(probability: number): boolean;
  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): T[];
  fork(): Chance;
}

/** Mulberry32, by Tommy Ettinger: small, quick, and good enough to choose what breaks. */
export const createChance = (seed: number): Chance => {
  let state = seed >>> 0;
  const share = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(share() * limit);
  return {
    share,
    below,
    happens: (probability) => share() < probability,
    shuffle: (items) =>
      items
        .map((item) => ({ item, place: share() }))
        .sort((one, other) => one.place - other.place)
        .map(({ item }) => item),
    fork: () => createChance(below(2 ** 32)),
  };
};
