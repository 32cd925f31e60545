// Drives many ways at once: one server, one order for each way, all placed at the same moment, and one sweep
// through time in which each order's actions are done when its way says. Orders know nothing of each other, so
// that each is led as if it were alone. It says what of the charts and of the whole was met.
import { strictEqual } from 'node:assert/strict';
import type { StepResult } from '../../src/step/step.ts';
import { act, placeOrder, type Subject } from './acting.ts';
import { agree, refuseRest } from './agreeing.ts';
import type { Ear } from './ear.ts';
import { toWhere } from './marks.ts';
import { start } from './model.ts';
import type { Way } from './paths.ts';
import { openServer, type Server } from './process.ts';
import { toStory } from './telling.ts';

/** One order on its way. */
interface Run {
  readonly way: Way;
  subject: Subject | undefined;
  done: number;
  readonly history: StepResult[];
}

const mostAtOnce = 32;

/** @throws Error with the order's story, where the server and the model differ. */
export const driveWays = async (ways: readonly Way[], ear: Ear, met: Set<string>): Promise<void> => {
  const [first] = ways;
  if (first === undefined) return;
  await using server = await openServer(first.settings);
  const runs = ways.map((way): Run => ({ way, subject: undefined, done: 0, history: [] }));
  for (let at: number | undefined = start; at !== undefined; at = nextTime(runs)) {
    await server.passUntil(at);
    await inTurn(runs, (run) => goOn(run, server, ear, met));
    const crashing = runs.filter(({ way, done }) => way.steps[done]?.action.type === 'crash');
    const [crash] = crashing;
    if (crash === undefined) continue;
    const until = crash.way.steps[crash.done]?.after.now ?? at;
    strictEqual(crashing.length, runs.filter((run) => run.done < run.way.steps.length).length);
    await server.crash(until);
    await inTurn(crashing, async (run) => finishStep(run, server, ear, met));
    await inTurn(runs, (run) => goOn(run, server, ear, met));
  }
};

/** When the next thing is to happen on any way. */
const nextTime = (runs: readonly Run[]): number | undefined => {
  const times = runs.flatMap(({ way, done }) => way.steps[done]?.after.now ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
};

const inTurn = async (runs: readonly Run[], work: (run: Run) => Promise<void>): Promise<void> => {
  const queue = runs.values();
  const workers = Array.from({ length: mostAtOnce }, async () => {
    for (const run of queue) await work(run);
  });
  await Promise.all(workers);
};

/** Does whatever the way says for now. */
const goOn = async (run: Run, server: Server, ear: Ear, met: Set<string>): Promise<void> => {
  for (;;) {
    const step = run.way.steps[run.done];
    if (step === undefined || step.action.type === 'crash' || step.after.now > server.clock.now()) return;
    try {
      if (run.subject === undefined) run.subject = await placeOrder(server, run.way.model.orderId);
      else await act(run.subject, step.before, step.action);
    } catch (error) {
      throw tell(run, error);
    }
    await finishStep(run, server, ear, met);
  }
};

/** Waits until the server has come as far as the model, and holds the two against each other. */
const finishStep = async (run: Run, server: Server, ear: Ear, met: Set<string>): Promise<void> => {
  const { way, subject, history } = run;
  const step = way.steps[run.done];
  if (step === undefined || subject === undefined) throw new Error('there is no step to finish');
  const { model } = way;
  history.push(...step.after.results);
  try {
    await server.untilVersion(subject.orderId, step.after.state.version);
    if (step.isChecked) await agree(subject, model, step.after, history);
    for (const name of step.met) met.add(name);
    const where = toWhere(step.after);
    if (!met.has(where)) {
      met.add(where);
      for (const name of await refuseRest(subject, model, step.after, ear)) met.add(name);
    }
  } catch (error) {
    throw tell(run, error);
  }
  run.done += 1;
  if (run.done === way.steps.length) server.leave(subject.orderId);
};

const tell = ({ way, done }: Run, error: unknown): Error => {
  const story = toStory(way.settings, way.steps.slice(0, done + 1));
  const text = error instanceof Error ? error.message : String(error);
  return new Error(`${text}\n\nThis is what happened:\n${story}`, { cause: error });
};
