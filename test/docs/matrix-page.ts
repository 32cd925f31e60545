// docs/matrix.md: what every state of every chart does with every message. Rendering only; the answers come
// from src/step/matrix.ts.
import type { AnyStateMachine } from 'xstate';
import { actorNames, typesTo } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { type MatrixRow, toMatrix } from '../../src/step/matrix.ts';
import { toHeading, toTable } from './page.ts';

export const renderMatrix = (): string =>
  [
    toHeading(
      'What every message does in every state',
      'One section for each of the four charts, one table for each of its states, with every message that the actor can receive. Of several outcomes the first applies whose condition holds. A message that is ignored is still recorded, with the reason given here.',
      'The conditions are the guards of the charts. The ones that come up most: `isCurrent` (the answer is to the last attempt), `isOurs` and `isOurCharge` (it is to the same key, whichever attempt), `mayTryAgain` (tries are left), `isUnwanted` (the order has called it off), `says(x)` (a person says that the outcome is x).',
    ),
    ...actorNames.map((name) =>
      toSection(name, orderSystem.charts[name], toMatrix(orderSystem.charts[name], typesTo(name))),
    ),
  ].join('\n');

const toSection = (name: string, machine: AnyStateMachine, rows: readonly MatrixRow[]): string => {
  const states = [...new Set(rows.map(({ state }) => state))];
  return [
    `## ${name}`,
    '',
    ...states.map((state) => {
      const node = machine.getStateNodeById(`${machine.id}.${state}`);
      const own = rows.filter((row) => row.state === state);
      return toState(`${name}: ${state}`, node.description, [...node.tags], own);
    }),
  ].join('\n');
};

const toState = (
  title: string,
  description: string | undefined,
  tags: readonly string[],
  rows: readonly MatrixRow[],
): string => {
  const about = [description, ...tags.map((tag) => `_${tag}_`)].filter((part) => part !== undefined);
  const taken = rows.filter(({ outcomes }) => outcomes.length > 0);
  return [
    `### ${title}`,
    '',
    ...(about.length > 0 ? [`${about.join(' · ')}`, ''] : []),
    toTable(
      ['Message', 'What happens'],
      [...taken.map((row) => [toSubject(row), toHappening(row)]), ...groupIgnored(rows)],
    ),
    '',
  ].join('\n');
};

const toSubject = ({ kind, on }: MatrixRow): string => {
  if (kind === 'deadline') return `⏱ after \`${on}\``;
  return kind === 'always' ? 'at once' : `\`${on}\``;
};

const toHappening = ({ outcomes, otherwise }: MatrixRow): string =>
  [
    ...outcomes.map(({ guard, target }) => {
      const what = target === 'stays' ? 'stays; it is noted, or answered' : `→ **${target}**`;
      return guard === undefined ? what : `if \`${guard}\`: ${what}`;
    }),
    ...(otherwise === undefined ? [] : [otherwise]),
  ].join('<br>');

/** What is ignored for the same reason stands in one row. */
const groupIgnored = (rows: readonly MatrixRow[]): string[][] => {
  const groups = Map.groupBy(
    rows.filter(({ outcomes }) => outcomes.length === 0),
    ({ otherwise }) => otherwise ?? '**nothing is said about it**',
  );
  return [...groups].map(([reason, same]) => [same.map(toSubject).join('<br>'), reason]);
};
