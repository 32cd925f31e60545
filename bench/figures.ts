// What the benchmark measures, as data: one figure with its unit, which way is better, and the target that it
// is held to. It measures nothing itself; parts, the table and the JSON file agree because all use it.
import { z } from 'zod';

/** What a measured process reports: names to numbers. */
export const rawFigures = z.record(z.string(), z.number());
export type RawFigures = Readonly<z.infer<typeof rawFigures>>;

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** At least (`more`) or at most (`less`) this much. */
  readonly target?: number;
}

/** How much is run: everything, or so little that it takes less than a minute. */
export interface Scale {
  readonly quick: boolean;
  /** Folder on the disk that is measured; the part makes its own folders in it. */
  readonly folder: string;
  /** Where CPU profiles go, if they are wanted. */
  readonly profileFolder: string | undefined;
  /** Says what is done now. */
  say(line: string): void;
}

export interface Part {
  readonly name: string;
  readonly about: string;
  measure(scale: Scale): Promise<readonly Figure[]>;
}

/** @throws Error where a process did not report `name`. */
export const read = (figures: RawFigures, name: string): number => {
  const value = figures[name];
  if (value === undefined) throw new Error(`${name} was not reported`);
  return value;
};

/** The value below which `share` (0 to 1) of the values lie. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

/** Not a number where there are no values. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
};
