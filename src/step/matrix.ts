// A table of what each state of a chart does with each message that its actor can receive, read from the chart.
// It runs nothing. It also finds the states that have no answer to a message.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { whyIgnoredIn } from './notes.ts';

interface MatrixOutcome {
  /** When it happens, in the chart's own words: `isCurrent and mayTryAgain`, `says(charged)`. */
  readonly guard?: string;
  /** Dotted path of the state that is entered, or `stays`. */
  readonly target: string;
}

export interface MatrixRow {
  /** Dotted path of a leaf state. */
  readonly state: string;
  /** `deadline`: a delay that starts in this state; `always`: a condition that is checked on every step. */
  readonly kind: 'message' | 'deadline' | 'always';
  /** The message's type, or the deadline's name; empty for `always`. */
  readonly on: string;
  /** In XState's order of precedence: the first whose guard says yes. */
  readonly outcomes: readonly MatrixOutcome[];
  /**
   * What happens if no outcome applies: `ignored, because …`, or `left to …` if another region handles it.
   * Undefined if an outcome always applies, or if the chart says nothing (`isBlank`).
   */
  readonly otherwise: string | undefined;
  readonly isBlank: boolean;
}

/** One row for each leaf state of `machine` and each of `messageTypes`, with the state's deadlines after them. */
export const toMatrix = (machine: AnyStateMachine, messageTypes: readonly string[]): MatrixRow[] =>
  findLeaves(machine.root).flatMap((leaf) => [
    ...messageTypes.map((type) => toMessageRow(leaf, type)),
    ...toDeadlineRows(leaf),
    ...toAlwaysRows(leaf),
  ]);

const findLeaves = (node: AnyStateNode): AnyStateNode[] => {
  const inner = Object.values(node.states);
  return inner.length === 0 ? [node] : inner.flatMap(findLeaves);
};

/** The state and those around it, innermost first. */
const findAround = (node: AnyStateNode | undefined): AnyStateNode[] =>
  node === undefined ? [] : [node, ...findAround(node.parent)];

const toPath = (node: AnyStateNode): string => node.path.join('.');

const toMessageRow = (leaf: AnyStateNode, type: string): MatrixRow => {
  const row = { state: toPath(leaf), kind: 'message', on: type } as const;
  const { outcomes, rest } = follow(findAround(leaf).flatMap((node) => node.transitions.get(type) ?? []));
  if (rest === 'nothing') return { ...row, outcomes, otherwise: undefined, isBlank: false };
  const region = outcomes.length === 0 && rest === 'open' ? findRegion(leaf, type) : undefined;
  if (region) return { ...row, outcomes, otherwise: `left to ${toPath(region)}`, isBlank: false };
  const reason = whyIgnoredIn(leaf, type);
  const otherwise = reason === undefined ? undefined : `ignored, because ${reason}`;
  return { ...row, outcomes, otherwise, isBlank: reason === undefined };
};

/** The outcomes up to the first that always applies. `rest`: what can happen if none applies. */
const follow = (transitions: readonly AnyTransitionDefinition[]) => {
  const outcomes: MatrixOutcome[] = [];
  for (const { guard, target, actions } of transitions) {
    const isForbidden = target === undefined && actions.length === 0;
    if (guard === undefined && isForbidden) return { outcomes, rest: 'forbidden' } as const;
    const to = target?.map(toPath).join(' + ') ?? 'stays';
    if (guard === undefined) return { outcomes: [...outcomes, { target: to }], rest: 'nothing' } as const;
    outcomes.push({ guard: toGuardText(guard), target: to });
  }
  return { outcomes, rest: 'open' } as const;
};

/** Another region of a parallel state around `leaf` that handles messages of `type`. */
const findRegion = (leaf: AnyStateNode, type: string): AnyStateNode | undefined => {
  const around = findAround(leaf);
  return around
    .flatMap(({ parent }) => (parent?.type === 'parallel' ? Object.values(parent.states) : []))
    .filter((region) => !around.includes(region))
    .find((region) => takes(region, type));
};

const takes = (node: AnyStateNode, type: string): boolean =>
  node.transitions.has(type) || Object.values(node.states).some((inner) => takes(inner, type));

const toDeadlineRows = (leaf: AnyStateNode): MatrixRow[] =>
  findAround(leaf).flatMap((node) =>
    [...new Set(node.after.map(({ eventType }) => eventType))].map((eventType) => {
      const { outcomes, rest } = follow(node.after.filter((each) => each.eventType === eventType));
      const [delay] = node.after.filter((each) => each.eventType === eventType);
      const row = { state: toPath(leaf), kind: 'deadline', on: String(delay?.delay) } as const;
      return { ...row, outcomes, otherwise: undefined, isBlank: rest !== 'nothing' };
    }),
  );

const toAlwaysRows = (leaf: AnyStateNode): MatrixRow[] => {
  const { outcomes } = follow(findAround(leaf).flatMap(({ always }) => always ?? []));
  if (outcomes.length === 0) return [];
  return [{ state: toPath(leaf), kind: 'always', on: '', outcomes, otherwise: undefined, isBlank: false }];
};

/** A guard in words: `isCurrent and not isUnwanted`. */
export const toGuardText = (guard: unknown): string => {
  if (typeof guard === 'string') return guard;
  if (!isNamed(guard)) return 'a condition without a name';
  const { guards, name, type = name, params } = guard;
  if (guards)
    return name === 'not' ? `not ${guards.map(toPart).join()}` : guards.map(toPart).join(` ${name} `);
  return params === undefined ? String(type) : `${type}(${Object.values(params).join(', ')})`;
};

const toPart = (guard: unknown): string =>
  isNamed(guard) && guard.guards && guard.name !== 'not' ? `(${toGuardText(guard)})` : toGuardText(guard);

const isNamed = (
  guard: unknown,
): guard is { guards?: readonly unknown[]; name?: string; type?: string; params?: object } =>
  typeof guard === 'function' ? guard.name !== '' : typeof guard === 'object';
