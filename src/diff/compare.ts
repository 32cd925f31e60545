// Compares two versions of a chart system: actors, their charts, and, where both have them, the declarations of their
// messages. Pure: it runs no chart, and the same versions give the same list. The rule for `alters` is in version-diff.ts.
import type { AnyStateMachine } from 'xstate';
import type { Messages } from '../application.ts';
import type { Change } from '../version-diff.ts';
import { type ChartPair, mergeOrders, pairCharts } from './chart-pair.ts';
import { compareDeclarations } from './compare-declarations.ts';
import { compareImplementations, compareStarts } from './compare-implementations.ts';
import { compareStates } from './compare-states.ts';

/** What a version consists of. */
export interface VersionParts {
  readonly charts: Readonly<Record<string, AnyStateMachine>>;
  /** Left out: not compared. */
  readonly messages?: Messages;
}

export const compareVersions = (older: VersionParts, newer: VersionParts): readonly Change[] => {
  const actors = mergeOrders(Object.keys(older.charts), Object.keys(newer.charts));
  return [
    ...actors.flatMap((actor) => compareActor(actor, older.charts[actor], newer.charts[actor])),
    ...(older.messages && newer.messages ? compareDeclarations(older.messages, newer.messages) : []),
  ];
};

const compareActor = (
  actor: string,
  before: AnyStateMachine | undefined,
  after: AnyStateMachine | undefined,
): Change[] => {
  if (before && after) return compareCharts(pairCharts(actor, before, after));
  // The actors of an order are stored together: one that is missing, or too many, cannot be loaded.
  return [{ actor, kind: 'actor', change: after ? 'added' : 'removed', where: actor, alters: true }];
};

const compareCharts = (pair: ChartPair): Change[] =>
  [...compareStarts(pair), ...compareStates(pair), ...compareImplementations(pair)].map((found) => ({
    actor: pair.actor,
    ...found,
  }));
