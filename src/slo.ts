// Service level objectives: how many orders shall leave a state in which time, as the charts' `meta` says. It counts nothing
// (slo-tracker.ts does), and nothing of it decides anything.
import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate';
import { z } from 'zod';

/** `share` of the orders (0.95) leave the state `withinMs` after they entered it. */
export interface Slo {
  readonly share: number;
  readonly withinMs: number;
}

/** How a state keeps to its objective: of those that left it in the last hour, how many did so in time. */
export interface SloFigures extends Slo {
  readonly state: string;
  readonly left: number;
  readonly within: number;
}

const sloSchema = z.strictObject({ share: z.number().gt(0).lt(1), withinMs: z.int().positive() });

/**
 * The innermost state that an actor is in as a whole: a dotted path, which ends at a parallel state. It is what the time that
 * an actor is in its state is about.
 */
export const toPlace = (value: StateValue): string => {
  if (typeof value === 'string') return value;
  const [[name, inner] = ['', undefined], ...others] = Object.entries(value);
  if (others.length > 0) return '';
  const rest = inner === undefined ? '' : toPlace(inner);
  return rest === '' ? name : `${name}.${rest}`;
};

/** A state and all within it. */
export const within = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(within),
];
export const toPath = ({ path }: AnyStateNode): string => path.join('.');
const isInParallel = ({ parent }: AnyStateNode): boolean =>
  parent !== undefined && (parent.type === 'parallel' || isInParallel(parent));

/** The objective of a state, if it has one. @throws ZodError for one that is malformed. */
export const sloOf = ({ meta }: AnyStateNode): Slo | undefined =>
  meta?.slo === undefined ? undefined : sloSchema.parse(meta.slo);

/** Objectives that are malformed, or that cannot be measured, in words. */
export const findSloProblems = (
  charts: Readonly<Record<string, AnyStateMachine>>,
  mainActor: string,
): readonly string[] =>
  Object.entries(charts).flatMap(([name, machine]) =>
    within(machine.root).flatMap((node) => {
      const { meta, type } = node;
      if (meta?.slo === undefined) return [];
      const where = `the SLO of ${name}, state ${toPath(node)},`;
      if (!sloSchema.safeParse(meta.slo).success) {
        return [`${where} must be { share, withinMs }, with a share between 0 and 1 such as 0.95`];
      }
      const isMeasured = name === mainActor && type === 'atomic' && !isInParallel(node);
      return isMeasured
        ? []
        : [
            `${where} cannot be measured: only states of ${mainActor} without inner states, outside parallel ones`,
          ];
    }),
  );
