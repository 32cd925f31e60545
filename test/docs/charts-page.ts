// docs/charts.md: a picture of each chart, as Mermaid draws it. Rendering only: every state and every
// transition that leads to another state is read off the chart that runs.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { actorNames } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { sloOf } from '../../src/slo.ts';
import { toDeadlineName } from '../../src/step/deadline-name.ts';
import { toGuardText } from '../../src/step/matrix.ts';
import { toHeading } from './page.ts';

export const renderCharts = (): string =>
  [
    toHeading(
      'The four charts',
      'Drawn from the charts that run. ✓ marks a settled state (it will not move by itself any more), ⚠ one that waits for a person. “(from asking, to backingOff)” on an arrow between two groups says which of their states it leaves and enters. Messages that change no state, and those that are ignored, are in [matrix.md](matrix.md).',
    ),
    ...actorNames.map((name) =>
      [
        `## ${name}`,
        '',
        '```mermaid',
        drawChart(orderSystem.charts[name]),
        '```',
        '',
        ...renderSlos(orderSystem.charts[name]),
      ].join('\n'),
    ),
  ].join('\n');

/** The objectives of a chart's states, each as a sentence. */
const renderSlos = (machine: AnyStateMachine): string[] => {
  const within = (node: AnyStateNode): AnyStateNode[] => [node, ...innerOf(node).flatMap(within)];
  const lines = within(machine.root).flatMap((node) => {
    const slo = sloOf(node);
    if (slo === undefined) return [];
    const share = `${Math.round(slo.share * 1000) / 10} %`;
    return [`- ${share} of the orders leave \`${node.path.join('.')}\` within ${slo.withinMs / 1000} s.`];
  });
  return lines.length === 0
    ? []
    : ['Objectives (`meta.slo`), measured and exported as `orderchart_slo_…`:', '', ...lines, ''];
};

/** The Mermaid text of one chart. */
export const drawChart = (machine: AnyStateMachine): string =>
  ['stateDiagram-v2', ...drawInside(machine.root, '  '), ...drawArrows(machine.root)].join('\n');

const toId = (node: AnyStateNode): string => node.path.join('_');
const innerOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states);

const drawInside = (node: AnyStateNode, indent: string): string[] => [
  ...node.initial.target.map((first) => `${indent}[*] --> ${toId(first)}`),
  ...innerOf(node).flatMap((inner) => drawState(inner, indent)),
];

const drawState = (node: AnyStateNode, indent: string): string[] => {
  const deeper = `${indent}  `;
  const name = `${indent}state "${node.key}${toMark(node)}" as ${toId(node)}`;
  if (node.type === 'parallel') {
    const regions = innerOf(node).flatMap((region, index) => [
      ...(index > 0 ? [`${deeper}--`] : []),
      ...drawState(region, deeper),
    ]);
    return [`${name} {`, ...regions, `${indent}}`];
  }
  if (node.type === 'compound') return [`${name} {`, ...drawInside(node, deeper), `${indent}}`];
  return node.type === 'final' ? [name, `${indent}${toId(node)} --> [*]`] : [name];
};

const toMark = ({ tags }: AnyStateNode): string =>
  `${tags.includes('settled') ? ' ✓' : ''}${tags.includes('incident') ? ' ⚠' : ''}`;

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** One arrow from one state to another, with everything that leads there. */
const drawArrows = (root: AnyStateNode): string[] => {
  const arrows = Map.groupBy(findArrows(root), ({ from, to }) => `  ${from} --> ${to}`);
  return [...arrows].map(
    ([arrow, same]) => `${arrow} : ${[...new Set(same.map(({ label }) => label))].join('<br/>')}`,
  );
};

const findArrows = (node: AnyStateNode): Arrow[] => [
  ...[...[...node.transitions.values()].flat(), ...(node.always ?? [])].flatMap(toArrows),
  ...innerOf(node).flatMap(findArrows),
];

const toArrows = (transition: AnyTransitionDefinition): Arrow[] =>
  (transition.target ?? []).flatMap((target) => {
    const { source } = transition;
    const group = findCommon(source, target);
    const to = liftTo(group, target);
    // From a group into itself: an arrow from each of its other states.
    const starts =
      group === source ? innerOf(group).filter((inner) => inner !== to) : [liftTo(group, source)];
    return starts.map((from) => {
      // Mermaid draws no arrow from inside one group into another: it goes from group to group, and says so.
      const details = [
        ...(group === source || from === source ? [] : [`from ${toPathIn(from, source)}`]),
        ...(to === target ? [] : [`to ${toPathIn(to, target)}`]),
      ];
      const detail = details.length > 0 ? ` (${details.join(', ')})` : '';
      return { from: toId(from), to: toId(to), label: `${toCause(transition)}${detail}` };
    });
  });

const toPathIn = (outer: AnyStateNode, inner: AnyStateNode): string =>
  inner.path.slice(outer.path.length).join('.');

/** The innermost group that holds both, where a group holds itself as the source of an arrow inside it. */
const findCommon = (source: AnyStateNode, target: AnyStateNode): AnyStateNode => {
  const around = (node: AnyStateNode | undefined): AnyStateNode[] =>
    node === undefined ? [] : [node, ...around(node.parent)];
  const groups = around(target.parent);
  return around(source).find((node) => groups.includes(node)) ?? source.machine.root;
};

/** The state directly inside `group` that is, or holds, `node`. */
const liftTo = (group: AnyStateNode, node: AnyStateNode): AnyStateNode =>
  node.parent === undefined || node.parent === group ? node : liftTo(group, node.parent);

const toCause = ({ eventType, guard }: AnyTransitionDefinition): string => {
  const condition = guard === undefined ? '' : ` if ${toGuardText(guard)}`;
  const deadline = toDeadlineName(eventType);
  if (deadline !== undefined) return `after ${deadline}${condition}`;
  if (eventType.startsWith('xstate.done.')) return `all done${condition}`;
  return `${eventType === '' ? 'at once' : eventType}${condition}`;
};
