// What `orderchart migrate` prints of what it did: a line for each version, state and outcome, with examples and reasons.
// It moves nothing.
import { isTrouble, type MigrationGroup, type MigrationOutcomeName } from '../migration.ts';
import type { PacedResult } from './paced-pages.ts';
import { toTable } from './table.ts';

const words: Readonly<Record<MigrationOutcomeName, readonly [done: string, rehearsed: string]>> = {
  moves: ['moved', 'would move'],
  'moves-with-changes': ['moved, with changes', 'would move, with changes'],
  'needs-rule': ['not moved: needs a rule', 'needs a rule'],
  stuck: ['not moved: stuck', 'would be stuck'],
  unreadable: ['not moved: unreadable', 'unreadable'],
  'already-there': ['there already', 'there already'],
  'not-moved': ['left alone: never moved', 'left alone: never moved'],
};

/** What to do about orders that stay behind. */
const advice: Partial<Readonly<Record<MigrationOutcomeName, string>>> = {
  'needs-rule': 'give the application a migration rule for these states (docs/upgrading.md)',
  stuck: 'correct the rule so that it carries over or names what is pending, or let these orders end first',
  unreadable: 'start a release that knows their charts, or examine them with orderchart doctor',
};

const number = (count: number): string => count.toLocaleString('en-US');

const countOf = (groups: readonly MigrationGroup[], isWanted: (group: MigrationGroup) => boolean): number =>
  groups.filter(isWanted).reduce((sum, { count }) => sum + count, 0);

const isMove = ({ outcome }: MigrationGroup): boolean =>
  outcome === 'moves' || outcome === 'moves-with-changes';

/** One line: how many orders so far, and what became of them. */
export const toCounts = (
  { orders, groups }: Pick<PacedResult, 'orders' | 'groups'>,
  dryRun: boolean,
): string => {
  const others = orders - countOf(groups, isMove) - countOf(groups, isTrouble);
  const parts = [
    `${number(countOf(groups, isMove))} ${dryRun ? 'would move' : 'moved'}`,
    `${number(countOf(groups, isTrouble))} ${dryRun ? 'would not' : 'not moved'}`,
    ...(others > 0 ? [`${number(others)} left alone`] : []),
  ];
  return `${number(orders)} ${orders === 1 ? 'order' : 'orders'}: ${parts.join(', ')}`;
};

const toDetails = ({ outcome, examples, reasons }: MigrationGroup): string[] => {
  const todo = advice[outcome];
  return [
    `    for example ${examples.join(', ')}`,
    ...reasons.map((reason) => `    ${reason}`),
    ...(todo === undefined ? [] : [`    What to do: ${todo}.`]),
  ];
};

export const toText = (result: PacedResult, to: string, dryRun: boolean): string => {
  const { groups } = result;
  if (groups.length === 0) return `No order is to be moved to version ${to}.`;
  const rows = groups.map(({ from, state, count, outcome }) => [
    from,
    state,
    number(count),
    words[outcome][dryRun ? 1 : 0],
  ]);
  const [head = '', ...lines] = toTable([['version', 'state', 'orders', `to ${to}`], ...rows], [2]);
  const body = groups.flatMap((group, index) => [lines[index] ?? '', ...toDetails(group)]);
  return [head, ...body, '', `${toCounts(result, dryRun)}.`].join('\n');
};
