// What a system still waits for, before and after it was moved to other charts: deadlines, calls, incidents. Nothing of it
// is lost unless the migration names it. It compares two systems and changes nothing.
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';
import { toDeadlineName } from './deadline-name.ts';
import type { Drops } from './migration-rules.ts';
import { toStateName } from './notes.ts';
import { isSameData } from './same-data.ts';
import type { Deadline, SystemState } from './system-state.ts';
import { hasIncident, isSettled } from './view.ts';

export interface PendingComparison {
  /** What was lost, and what would never end. */
  readonly problems: readonly string[];
  /** What is different, on purpose. */
  readonly changes: readonly string[];
}

export const comparePending = (before: SystemState, after: SystemState, drops: Drops): PendingComparison => {
  const parts = [
    compareDeadlines(before, after, drops.deadlines ?? []),
    compareCalls(before, after, drops.calls ?? []),
    compareIncidents(before, after, drops.incidents ?? []),
  ];
  return {
    problems: [
      ...parts.flatMap(({ problems }) => problems),
      ...findUnset(before, after),
      ...findStuck(before, after),
    ],
    changes: parts.flatMap(({ changes }) => changes),
  };
};

/** One that keeps its actor and its time is carried over, whatever it is named now. */
const compareDeadlines = (
  before: SystemState,
  after: SystemState,
  dropped: readonly string[],
): PendingComparison => {
  const problems: string[] = [];
  const changes: string[] = [];
  const rest = new Map(after.deadlines);
  for (const [key, deadline] of before.deadlines) {
    const now = findCarried(rest, key, deadline);
    if (now !== undefined) {
      rest.delete(now);
      if (now !== key) changes.push(`the deadline ${key} becomes ${now}`);
    } else if (dropped.includes(key)) changes.push(`the deadline ${key} is dropped`);
    else problems.push(`the deadline ${key} is lost`);
  }
  return { problems, changes: [...changes, ...[...rest.keys()].map((key) => `the deadline ${key} is new`)] };
};

const findCarried = (
  candidates: ReadonlyMap<string, Deadline>,
  key: string,
  { source, dueAt }: Deadline,
): string | undefined => {
  const isSame = (other: Deadline | undefined) => other?.source === source && other.dueAt === dueAt;
  if (isSame(candidates.get(key))) return key;
  return [...candidates].find(([, other]) => isSame(other))?.[0];
};

const compareCalls = (
  before: SystemState,
  after: SystemState,
  dropped: readonly string[],
): PendingComparison => {
  const problems: string[] = [];
  const changes: string[] = [];
  for (const [callId, call] of before.calls) {
    const now = after.calls.get(callId);
    const what = `the call ${callId} (${call.command.type})`;
    if (now === undefined) {
      if (dropped.includes(callId)) changes.push(`${what} is dropped`);
      else problems.push(`${what} is lost`);
    } else if (!isSameData(now, call)) changes.push(`${what} changes`);
  }
  for (const [callId, { command }] of after.calls) {
    if (!before.calls.has(callId)) changes.push(`the call ${callId} (${command.type}) is new`);
  }
  return { problems, changes };
};

const compareIncidents = (
  before: SystemState,
  after: SystemState,
  dropped: readonly string[],
): PendingComparison => {
  const problems: string[] = [];
  const changes: string[] = [];
  const note = (name: string, what: string) => {
    if (dropped.includes(name)) changes.push(`${what} is dropped`);
    else problems.push(`${what} is lost`);
  };
  for (const [name, { snapshot }] of before.actors) {
    const isOpen = after.actors.get(name)?.snapshot.hasTag('incident') === true;
    if (snapshot.hasTag('incident') && !isOpen) note(name, `the incident of ${name}`);
  }
  const kept = new Set(after.quarantined.map(({ messageId }) => messageId));
  for (const { messageId } of before.quarantined) {
    if (!kept.has(messageId)) note(messageId, `the quarantined message ${messageId}`);
  }
  return { problems, changes };
};

const afterTypes = ({ transitions }: AnyStateNode): string[] =>
  [...transitions.keys()].filter((type) => toDeadlineName(type) !== undefined);
/** An actor that is done waits for nothing. */
const awaitedBy = (snapshot: AnyMachineSnapshot | undefined): string[] =>
  snapshot?.status === 'active' ? snapshot._nodes.flatMap(afterTypes) : [];

/** Deadlines that the new states wait for and that nobody set, and those that lead nowhere there. */
const findUnset = (before: SystemState, after: SystemState): string[] =>
  [...after.actors].flatMap(([name, { snapshot }]) => {
    const awaited = awaitedBy(snapshot);
    const where = `${name} in ${toStateName(snapshot)}`;
    const wasAwaited = awaitedBy(before.actors.get(name)?.snapshot);
    const isSetIn = ({ deadlines }: SystemState, type: string) =>
      [...deadlines.values()].some(({ to, event }) => to === name && event.type === type);
    // A deadline that has fired and whose guards refused it is not set again.
    const wasUnset = (type: string) => wasAwaited.includes(type) && !isSetIn(before, type);
    const deaf = [...after.deadlines].filter(
      ([, { to, event }]) =>
        to === name && toDeadlineName(event.type) !== undefined && !awaited.includes(event.type),
    );
    return [
      ...awaited
        .filter((type) => !isSetIn(after, type) && !wasUnset(type))
        .map((type) => `${where} waits for the deadline ${toDeadlineName(type)}, which is not set`),
      ...deaf.map(([key]) => `the deadline ${key} leads nowhere: ${where} does not wait for it`),
    ];
  });

/** Nothing will ever move it. */
const findStuck = (before: SystemState, after: SystemState): string[] =>
  isStuck(after) && !isStuck(before) ? ['nothing would move the order any more'] : [];

const isStuck = (state: SystemState): boolean =>
  !isSettled(state) && !hasIncident(state) && state.deadlines.size === 0 && state.calls.size === 0;
