// The cases of @scion-scxml/test-framework (a document, messages and the states that they lead to): each is run through planned
// transitions and through XState alone, stored and loaded before every message, and must give the same. It names the outcome.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { activeLeaves } from '../../src/step/notes.ts';
import { toStored } from '../../src/step/snapshot.ts';
import { type Move, runStepped } from './equivalence.ts';
import { NotInXState } from './scxml-actions.ts';
import { begin, toChart, toId } from './scxml-chart.ts';
import { alone, send, wait } from './toy-words.ts';

const folder = join(import.meta.dirname, '../../node_modules/@scion-scxml/test-framework/test');
const states = z.array(z.string());
const script = z.object({
  initialConfiguration: states,
  events: z.array(
    z.object({
      event: z.object({ name: z.string(), data: z.unknown().optional() }),
      after: z.number().optional(),
      nextConfiguration: states,
    }),
  ),
});
type Script = z.infer<typeof script>;

/** Every document, without its ending. */
export const findDocuments = (): string[] =>
  globSync('**/*.scxml', { cwd: folder })
    .map((file) => file.replace(/\.scxml$/, ''))
    .sort();

/** The outcome of a case that ends in the states that SCXML wants. */
export const asWanted = 'ends as SCXML wants';

interface Outcome {
  readonly outcome: string;
  /** Messages between actors, and those of them that were not planned. */
  readonly delivered: number;
  readonly whole: number;
}

/** @throws Error if planned transitions and XState differ. */
export const runCase = (name: string): Outcome => {
  const none = (outcome: string) => ({ outcome, delivered: 0, whole: 0 });
  const path = join(folder, name);
  if (!existsSync(`${path}.json`)) return none('no messages: a part of another case, or one to be looked at');
  try {
    const source = readFileSync(`${path}.scxml`, 'utf8');
    // Two charts, so that what XState takes of one can be counted.
    const charts = { planned: toChart(source), whole: toChart(source) };
    return runScript(name, charts, script.parse(JSON.parse(readFileSync(`${path}.json`, 'utf8'))));
  } catch (error) {
    if (error instanceof NotInXState) return none(`XState has none of it: ${error.message}`);
    throw error;
  }
};

const toMoves = ({ events, initialConfiguration }: Script): Move[] => [
  send(begin),
  ...(events.length === 0 ? [wait(longestDelay)] : []),
  ...events.flatMap(({ event, after = 0 }) => [
    ...(after > 0 ? [wait(Math.ceil(after / 10))] : []),
    send(event.name, 'toy', event.data === undefined ? {} : { data: event.data }),
  ]),
  ...(initialConfiguration.length === 0 ? [] : [wait(1)]),
];
/** Delays are a tenth of what the documents say. */
const longestDelay = 600;

const runScript = (
  name: string,
  charts: Readonly<Record<'planned' | 'whole', AnyStateMachine>>,
  given: Script,
): Outcome => {
  const moves = toMoves(given);
  const planned = runStepped(alone(name, charts.planned, moves), () => true);
  const alike = runStepped(alone(name, charts.whole, moves), () => true, 0);
  const counted = countWhole(planned.system.charts.get('toy')?.machine);
  let error: unknown;
  for (const move of moves) {
    const [ours, theirs] = [planned, alike].map((run) => attempt(() => run.perform(move)));
    const [one, other] = [planned, alike].map(({ results }) =>
      results.map(({ state, ...rest }) => [toStored(state), rest]),
    );
    if (!isDeepStrictEqual([ours, one], [theirs, other])) {
      throw new Error(`${name} differs at ${JSON.stringify(move)}:\n${JSON.stringify([ours, theirs])}`);
    }
    error ??= ours?.error;
  }
  const wanted = given.events.at(-1)?.nextConfiguration ?? given.initialConfiguration;
  const { state } = planned.results.at(-1) ?? {};
  const snapshot = state?.actors.get('toy')?.snapshot;
  const ended = snapshot === undefined ? [] : activeLeaves(snapshot).map(({ id }) => id);
  const isWanted = isDeepStrictEqual(new Set(ended), new Set(wanted.map(toId)));
  const elsewhere =
    error === undefined ? 'ends elsewhere' : 'an error in an expression is no event: it ends the step';
  return {
    outcome: isWanted ? asWanted : elsewhere,
    delivered: planned.results.length,
    whole: counted(),
  };
};

const attempt = (perform: () => unknown): { readonly result?: unknown; readonly error?: string } => {
  try {
    return { result: perform() };
  } catch (error) {
    return { error: String(error) };
  }
};

/** Counts the transitions that XState takes as a whole. */
const countWhole = (machine: AnyStateMachine | undefined): (() => number) => {
  if (machine === undefined) return () => 0;
  let count = 0;
  const { transition } = machine;
  machine.transition = (...given) => {
    count += 1;
    return transition(...given);
  };
  return () => count;
};
