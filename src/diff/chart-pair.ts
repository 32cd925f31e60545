// The two versions of one actor's chart, side by side under the new names of renamed states, with the states that orders
// of the old version can be in. What differs is found from it, for the list and for the picture.
import type { AnyStateMachine } from 'xstate';
import { type ChartModel, readChart, type StateModel } from './chart-model.ts';
import { findReachable } from './reachable.ts';
import { findRenames, rename } from './renames.ts';

export interface StatePair {
  /** Its path in the new version, or in the old one if it was removed. */
  readonly path: string;
  /** At least one of the two is there. */
  readonly before: StateModel | undefined;
  readonly after: StateModel | undefined;
  /** Whether orders of the old version can be in it. */
  readonly isMet: boolean;
}

export interface ChartPair {
  readonly actor: string;
  readonly before: ChartModel;
  readonly after: ChartModel;
  /** In the order of the new chart; removed ones follow what they followed in the old one. */
  readonly states: readonly StatePair[];
  /** New paths of renamed states, with their old ones. */
  readonly oldPaths: ReadonlyMap<string, string>;
}

export const pairCharts = (actor: string, older: AnyStateMachine, newer: AnyStateMachine): ChartPair => {
  const original = readChart(older);
  const after = readChart(newer);
  const renames = findRenames(original, after);
  const before = rename(original, renames);
  const met = findReachable(before.states);
  const states = mergeOrders([...before.states.keys()], [...after.states.keys()]).map((path) => ({
    path,
    before: before.states.get(path),
    after: after.states.get(path),
    isMet: met.has(path),
  }));
  const oldPaths = new Map([...renames].map(([old, path]) => [path, old]));
  return { actor, before, after, states, oldPaths };
};

/** All of both: in the order of `newer`, and what only `older` has behind what it followed there. */
export const mergeOrders = (older: readonly string[], newer: readonly string[]): readonly string[] => {
  const merged = [...newer];
  let place = -1;
  for (const name of older) {
    const known = merged.indexOf(name);
    if (known >= 0) {
      place = known;
    } else {
      place += 1;
      merged.splice(place, 0, name);
    }
  }
  return merged;
};
