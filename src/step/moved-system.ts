// What a migration rule must give back: plain data for actors, services and times that there are. What of it is pending is
// not its business (pending-work.ts).
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';
import type { MovedSystem } from './migration-rules.ts';
import { toStateName } from './notes.ts';
import { copyPlain } from './plain-data.ts';
import type { SystemState } from './system-state.ts';

/** A frozen copy of what a rule returned. @throws Error if it is no system or no plain JSON data. */
export const keepMoved = (moved: MovedSystem): MovedSystem => {
  const given: unknown = moved;
  if (given instanceof Promise) throw new Error('the rule returns a promise; it must return the system');
  const actors: unknown = moved?.actors;
  if (typeof actors !== 'object' || actors === null)
    throw new Error('the rule returns no system with actors');
  return copyPlain({ ...moved }, 'system');
};

/** Names and times that there are not, and actors that are done in the wrong state. */
export const findImpossible = (
  before: SystemState,
  after: SystemState,
  services: ReadonlySet<string>,
): string[] => {
  const needActor = (what: string, name: string) =>
    after.actors.has(name) ? [] : [`${what} belongs to ${name}, which the charts do not have`];
  return [
    ...[...after.actors].flatMap(([name, { snapshot, since }]) => [
      ...findWrongEnd(name, snapshot),
      ...needTime(`the time since when ${name} is in its state`, since),
    ]),
    ...[...after.deadlines].flatMap(([key, { source, to, dueAt }]) => [
      ...needActor(`the deadline ${key}`, source),
      ...(services.has(to) ? [] : needActor(`the message of the deadline ${key}`, to)),
      ...needTime(`the time of the deadline ${key}`, dueAt),
    ]),
    ...[...after.calls].flatMap(([callId, { actor, service, at }]) => [
      ...needActor(`the call ${callId}`, actor),
      ...(services.has(service) ? [] : [`the call ${callId} is for ${service}, which is no service`]),
      ...needTime(`the time of the call ${callId}`, at),
    ]),
    // A message to nobody is quarantined under the name that it came with.
    ...after.quarantined
      .filter(({ to }) => before.actors.has(to))
      .flatMap(({ messageId, to }) => needActor(`the quarantined message ${messageId}`, to)),
  ];
};

const latestTime = 8.64e15;
const needTime = (what: string, at: number): string[] =>
  Number.isInteger(at) && Math.abs(at) <= latestTime ? [] : [`${what} is no time: ${at}`];

const findWrongEnd = (name: string, snapshot: AnyMachineSnapshot): string[] => {
  const hasEnded = isAtEnd(snapshot.machine.root, new Set(snapshot._nodes));
  if (hasEnded === (snapshot.status === 'done')) return [];
  const where = `${name} in ${toStateName(snapshot)}`;
  return [
    hasEnded
      ? `${where} is at its end: give it \`done\``
      : `${where} is not at its end: leave out its \`done\``,
  ];
};

const isAtEnd = (node: AnyStateNode, active: ReadonlySet<AnyStateNode>): boolean => {
  const children = Object.values(node.states);
  if (node.type === 'parallel') return children.every((child) => isAtEnd(child, active));
  if (node.type === 'compound') return children.some((child) => child.type === 'final' && active.has(child));
  return node.type === 'final';
};
