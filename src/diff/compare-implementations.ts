// What differs behind the names of guards, actions and delays, and in the context that a chart starts with. A difference
// behind a name alters what stored orders do if something that they can meet uses that name.
import { type ChangeKind, implementation } from '../version-diff.ts';
import { type ChartModel, type ImplementationKind, type StateModel, toStateName } from './chart-model.ts';
import { type ChartPair, mergeOrders } from './chart-pair.ts';
import type { Found } from './compare-transitions.ts';
import { toComparable, toSource } from './source-text.ts';

const kinds: readonly ImplementationKind[] = ['guard', 'action', 'deadline'];

export const compareImplementations = (pair: ChartPair): Found[] =>
  kinds.flatMap((kind) => {
    const [older, newer] = [pair.before.implementations[kind], pair.after.implementations[kind]];
    return mergeOrders(Object.keys(older), Object.keys(newer)).flatMap((name) => {
      if (!Object.hasOwn(older, name)) return [toCameOrWent(kind, 'added', name)];
      if (!Object.hasOwn(newer, name)) return [toCameOrWent(kind, 'removed', name)];
      if (toComparable(older[name]) === toComparable(newer[name])) return [];
      const users = findUsers(pair, kind, name);
      const about = `${implementation} changed, ${toUsers(users.map(toStateName))}`;
      const texts = { before: toSource(older[name]), after: toSource(newer[name]) };
      return [{ kind, change: 'changed', where: name, about, ...texts, alters: users.length > 0 } as const];
    });
  });

/** What uses the name is what alters. */
const toCameOrWent = (kind: ChangeKind, change: 'added' | 'removed', name: string): Found => ({
  kind,
  change,
  where: name,
  about: implementation,
  alters: false,
});

/** Paths of the states that orders of the old version can be in and that use the implementation. */
const findUsers = ({ states }: ChartPair, kind: ImplementationKind, name: string): string[] =>
  states
    .filter(({ isMet, before }) => isMet && before && usesOf(before, kind).has(name))
    .map(({ path }) => path);

/** The names of implementations of a kind that a state or a transition of it uses. */
export const usesOf = (
  { entry, exit, transitions }: Pick<StateModel, 'entry' | 'exit' | 'transitions'>,
  kind: ImplementationKind,
): ReadonlySet<string> => {
  if (kind === 'guard') return new Set(transitions.flatMap(({ guard }) => guard?.uses ?? []));
  if (kind === 'deadline') {
    const deadlines = transitions.filter((each) => each.kind === 'deadline');
    return new Set(deadlines.map(({ on }) => on.replace(/^after /, '')));
  }
  return new Set([entry, exit, ...transitions.map(({ actions }) => actions)].flatMap(({ uses }) => uses));
};

const mostNamed = 3;
const toUsers = (states: readonly string[]): string => {
  if (states.length === 0) return 'which no stored order meets';
  const more = states.length - mostNamed;
  return `used in ${states.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/** The chart's id, which is part of the names of stored deadlines, and the context that new orders start with. */
export const compareStarts = ({ before, after }: ChartPair): Found[] => [
  ...(before.id === after.id
    ? []
    : [
        {
          kind: 'actor',
          change: 'changed',
          where: 'its id',
          before: before.id,
          after: after.id,
          alters: true,
        } as const,
      ]),
  ...compareContexts(before, after),
];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const compareContexts = (
  { context: older = {} }: ChartModel,
  { context: newer = {} }: ChartModel,
): Found[] => {
  const where = 'initial context';
  if (!isRecord(older) || !isRecord(newer)) {
    if (toComparable(older) === toComparable(newer)) return [];
    const texts = { before: toSource(older), after: toSource(newer) };
    return [{ kind: 'actor', change: 'changed', where, ...texts, alters: true }];
  }
  return mergeOrders(Object.keys(older), Object.keys(newer)).flatMap((about): Found[] => {
    const [before, after] = [toSource(older[about]), toSource(newer[about])];
    // A stored order keeps what it has; what it has not is missing.
    if (!Object.hasOwn(older, about))
      return [{ kind: 'actor', change: 'added', where, about, after, alters: true }];
    if (!Object.hasOwn(newer, about)) {
      return [{ kind: 'actor', change: 'removed', where, about, before, alters: false }];
    }
    if (toComparable(older[about]) === toComparable(newer[about])) return [];
    return [{ kind: 'actor', change: 'changed', where, about, before, after, alters: false }];
  });
};
