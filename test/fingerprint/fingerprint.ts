// The fingerprint of a chart version: what each message of many walks led to, one line each. Descriptions and reasons are no
// part of it; everything that a replay of stored orders compares is.
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { toStateName } from '../../src/step/notes.ts';
import type { RegisteredSystem } from '../../src/step/register.ts';
import { newSystem, toStored } from '../../src/step/snapshot.ts';
import { type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { startedAt, type Walk } from './walks.ts';

export interface RecordedWalk extends Walk {
  /** The result of each message. */
  readonly lines: readonly string[];
}

/** Takes the messages of a walk through `system`; one line says what each led to. `onState` sees every state on the way. */
export const takeWalk = (
  system: RegisteredSystem,
  { incoming }: Walk,
  onState: (state: SystemState) => void = () => undefined,
): readonly string[] => {
  let state = newSystem(system, startedAt, 'correlation');
  return incoming.map((next) => {
    const result = step(system, state, next);
    if (result === undefined) return 'nothing: its call or deadline is not there';
    ({ state } = result);
    onState(state);
    return toLine(result);
  });
};

const toLine = ({ state, received, events, calls }: StepResult): string => {
  const { disposition } = received;
  const states = [...state.actors.values()].map(({ snapshot }) => toStateName(snapshot)).join(' | ');
  const happened = [...events.map(({ type }) => type), ...calls.map(({ command }) => `→ ${command.type}`)];
  const quarantined = state.quarantined.map(({ reason: _, ...rest }) => rest);
  const decided = calls.map(({ chartVersion: _, ...call }) => call);
  const whole = JSON.stringify([toStored({ ...state, quarantined: [] }), quarantined, events, decided]);
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${disposition}: ${[states, ...happened].join(', ')} #${hash}`;
};

/** The first difference between what was recorded and what the charts do now; undefined if there is none. */
export const findDifference = (
  system: RegisteredSystem,
  walk: RecordedWalk,
  onState?: (state: SystemState) => void,
): string | undefined => {
  const lines = takeWalk(system, walk, onState);
  const index = lines.findIndex((line, place) => line !== walk.lines[place]);
  if (index === -1) return undefined;
  const next = walk.incoming[index];
  const what = next?.kind === 'deadline' ? `deadline ${next.key}` : `${next?.kind} ${next?.message.type}`;
  return [
    `walk ${walk.seed}, message ${index + 1} (${what}) leads to something else than it did when the version was frozen:`,
    `  then ${walk.lines[index]}`,
    `  now  ${lines[index]}`,
    'Stored orders of this version would not replay. Keep its charts as they were, under machines/vN/, and raise the version for the change.',
  ].join('\n');
};

export const encode = (walks: readonly RecordedWalk[]): Buffer =>
  gzipSync(walks.map((walk) => JSON.stringify(walk)).join('\n'), { level: 9 });

/** @throws Error for what `encode` did not make. */
export const decode = (bytes: Buffer): readonly RecordedWalk[] =>
  gunzipSync(bytes)
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line));
