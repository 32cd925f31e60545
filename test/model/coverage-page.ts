// docs/coverage.md: what the model tests covered, in figures, and each chart with the uncovered parts in red.
// Rendering only: the figures are those of a run.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { actorNames } from '../../machines/messages.ts';
import { type ChartObserver, type Item, isLeaf, toArrow } from '../../src/testing/chart-observer.ts';
import { toHeading, toTable } from '../docs/page.ts';
import type { Coverage } from './coverage.ts';
import { unreachable } from './unreachable.ts';

export const renderCoverage = (observer: ChartObserver, coverage: Coverage): string =>
  [
    toHeading(
      'What the model-based tests cover',
      'Paths are found by `xstate/graph` in the charts that run, and each is driven through the HTTP API of a real server (test/model). A state, transition, deadline or result of a guard counts as tested if such a path covers it and the server agrees with the charts after it. The states and steps of the whole are those of the four charts together, with up to two faults on a path (wrong, missing or refused answers, deadlines) or a crash of the process, before or after one wrong answer of the bank; each single chart is tested with as many faults, unsolicited answers and reports of disputes as it takes, while the services of the other charts answer at once. `npm test` fails below 100 %.',
    ),
    toTable(
      ['What', 'Tested', 'Possible'],
      coverage.rows.map(({ what, tested, possible }) => [what, String(tested), String(possible)]),
    ),
    '',
    coverage.missing.length === 0
      ? 'Nothing is missing.'
      : ['Missing:', '', ...coverage.missing.map((name) => `- ${name}`)].join('\n'),
    '',
    '## What cannot happen',
    '',
    'The charts contain these items, but no order can reach them, whatever happens around it. A test explores everything that could happen to the charts in the last column and does not reach them.',
    '',
    toTable(
      ['What', 'Why', 'Ruled out by'],
      unreachable.map(({ name, why, by }) => [name, why, by.join(', ')]),
    ),
    '',
    'In the drawings below red was not tested, and dotted grey cannot happen.',
    '',
    ...actorNames.flatMap((name) => {
      const machine = observer.system.charts.get(name)?.machine;
      const items = observer.items.filter(({ chart }) => chart === name);
      return machine
        ? [`## ${name}`, '', '```mermaid', drawCoverage(machine, items, coverage.missing), '```', '']
        : [];
    }),
  ].join('\n');

const toId = ({ path }: AnyStateNode): string => (path.length === 0 ? 'root' : path.join('_'));

/** The Mermaid text of one chart. Transitions of a group of states start at the group. */
export const drawCoverage = (
  machine: AnyStateMachine,
  items: readonly Item[],
  missing: readonly string[],
): string => {
  const impossible = new Set(unreachable.map(({ name }) => name));
  const untested = new Set(items.filter(({ name }) => missing.includes(name)).map(({ of }) => of));
  const names = new Map(items.flatMap(({ kind, name, of }) => (kind === 'transition' ? [[of, name]] : [])));
  const links: string[] = [];
  const styles: string[] = [];
  for (const { kind, of } of items) {
    if (kind !== 'transition' || !('eventType' in of)) continue;
    const isImpossible = impossible.has(names.get(of) ?? '');
    const isUntested = untested.has(of);
    if (of.target === undefined && !isUntested && !isImpossible) continue;
    for (const [from, to] of toEnds(of)) {
      if (isUntested) styles.push(`  linkStyle ${links.length} stroke:red,color:red`);
      if (isImpossible) styles.push(`  linkStyle ${links.length} stroke:gray,stroke-dasharray:4`);
      links.push(`  ${toId(from)} -->|"${toLabel(of)}"| ${toId(to)}`);
    }
  }
  const states = items.flatMap(({ kind, of }) =>
    kind === 'state' && 'path' in of && untested.has(of) ? [`  style ${toId(of)} stroke:red,color:red`] : [],
  );
  return ['flowchart TB', ...drawInside(machine.root, '  '), ...links, ...styles, ...states].join('\n');
};

const toLabel = (transition: AnyTransitionDefinition): string => toArrow(transition).split(' → ')[0] ?? '';

const drawInside = (node: AnyStateNode, indent: string): string[] =>
  Object.values(node.states).flatMap((inner) =>
    isLeaf(inner)
      ? [`${indent}${toId(inner)}["${inner.key}"]`]
      : [
          `${indent}subgraph ${toId(inner)} ["${inner.key}"]`,
          ...drawInside(inner, `${indent}  `),
          `${indent}end`,
        ],
  );

const isInside = (node: AnyStateNode, group: AnyStateNode): boolean =>
  node === group || (node.parent !== undefined && isInside(node.parent, group));

const leavesOf = (node: AnyStateNode): AnyStateNode[] =>
  isLeaf(node) ? [node] : Object.values(node.states).flatMap(leavesOf);

/** The ends of a transition's link: Mermaid draws none from a group to its own inside. */
const toEnds = ({ source, target }: AnyTransitionDefinition): (readonly [AnyStateNode, AnyStateNode])[] => {
  if (target === undefined) return leavesOf(source).map((leaf) => [leaf, leaf]);
  return target.flatMap((to) => {
    if (isLeaf(source) || !isInside(to, source)) return [[source, to] as const];
    return leavesOf(source)
      .filter((leaf) => !isInside(leaf, to))
      .map((leaf) => [leaf, to] as const);
  });
};
