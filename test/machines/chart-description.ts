// A chart as lines: each transition with where it leads. For comparing charts.
import type { AnyStateMachine, AnyStateNode } from 'xstate';

const toPath = (node: AnyStateNode): string => node.path.join('.');

const toLines = (node: AnyStateNode): string[] => [
  ...[...node.transitions.values()]
    .flat()
    .flatMap(({ eventType, target }) =>
      (target ?? []).map((each) => `${toPath(node)} ${eventType} → ${toPath(each)}`),
    ),
  ...Object.values(node.states).flatMap(toLines),
];

export const describeChart = ({ root }: AnyStateMachine): readonly string[] => toLines(root);
