// Drives many paths at once: one server, one order for each path, all placed at the same moment, and one
// pass through time in which each order's actions are performed when its path says. Orders are independent,
// so each behaves as if it were alone. It records what was covered.
import { strictEqual } from 'node:assert/strict';
import type { StepResult } from '../../src/step/step.ts';
import type { ChartObserver } from '../../src/testing/chart-observer.ts';
import { checkRefusals, compareWithServer } from './compare-with-server.ts';
import { type Action, start } from './model.ts';
import { toPathReport } from './path-report.ts';
import type { TestPath } from './paths.ts';
import { performAction, placeOrder, type ServerOrder } from './server-actions.ts';
import { openServer, type Server } from './server-process.ts';
import { describeStates } from './state-keys.ts';

/** One order on its path. */
interface Run {
  readonly testPath: TestPath;
  serverOrder: ServerOrder | undefined;
  done: number;
  readonly history: StepResult[];
}

const maxConcurrent = 32;

/** @throws Error with the order's path, if the server and the model differ. */
export const driveTestPaths = async (
  testPaths: readonly TestPath[],
  observer: ChartObserver,
  met: Set<string>,
): Promise<void> => {
  const [first] = testPaths;
  if (first === undefined) return;
  await using server = await openServer(first.settings);
  const runs = testPaths.map((testPath): Run => ({ testPath, serverOrder: undefined, done: 0, history: [] }));
  for (let at: number | undefined = start; at !== undefined; at = nextTime(runs)) {
    await server.passUntil(at);
    await forEachRun(runs, (run) => performDueActions(run, server, observer, met));
    const crashing = runs.filter(({ testPath, done }) => testPath.steps[done]?.action.type === 'crash');
    const [crash] = crashing;
    if (crash === undefined) continue;
    const until = crash.testPath.steps[crash.done]?.after.now ?? at;
    strictEqual(crashing.length, runs.filter((run) => run.done < run.testPath.steps.length).length);
    await server.crash(until);
    await forEachRun(crashing, async (run) => finishStep(run, server, observer, met));
    await forEachRun(runs, (run) => performDueActions(run, server, observer, met));
  }
};

/** The time of the next action on any path. */
const nextTime = (runs: readonly Run[]): number | undefined => {
  const times = runs.flatMap(({ testPath, done }) => testPath.steps[done]?.after.now ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
};

const forEachRun = async (runs: readonly Run[], work: (run: Run) => Promise<void>): Promise<void> => {
  const queue = runs.values();
  const workers = Array.from({ length: maxConcurrent }, async () => {
    for (const run of queue) await work(run);
  });
  await Promise.all(workers);
};

const isFree = ({ action }: { readonly action: Action }): true | undefined =>
  action.type === 'place' ? action.isFree : undefined;

/** Performs the actions that are due now. */
const performDueActions = async (
  run: Run,
  server: Server,
  observer: ChartObserver,
  met: Set<string>,
): Promise<void> => {
  for (;;) {
    const step = run.testPath.steps[run.done];
    if (step === undefined || step.action.type === 'crash' || step.after.now > server.clock.now()) return;
    try {
      if (run.serverOrder === undefined)
        run.serverOrder = await placeOrder(server, run.testPath.model.orderId, undefined, isFree(step));
      else await performAction(run.serverOrder, step.before, step.action);
    } catch (error) {
      throw withReport(run, error);
    }
    await finishStep(run, server, observer, met);
  }
};

/** Waits until the server has reached the model's version, and compares the two. */
const finishStep = async (
  run: Run,
  server: Server,
  observer: ChartObserver,
  met: Set<string>,
): Promise<void> => {
  const { testPath, serverOrder, history } = run;
  const step = testPath.steps[run.done];
  if (step === undefined || serverOrder === undefined) throw new Error('there is no step to finish');
  const { model } = testPath;
  history.push(...step.after.results);
  try {
    await server.untilVersion(serverOrder.orderId, step.after.state.version);
    if (step.isChecked) await compareWithServer(serverOrder, model, step.after, history);
    for (const name of step.met) met.add(name);
    const where = describeStates(step.after);
    if (!met.has(where)) {
      met.add(where);
      for (const name of await checkRefusals(serverOrder, model, step.after, observer)) met.add(name);
    }
  } catch (error) {
    throw withReport(run, error);
  }
  run.done += 1;
  if (run.done === testPath.steps.length) server.leave(serverOrder.orderId);
};

const withReport = ({ testPath, done }: Run, error: unknown): Error => {
  const story = toPathReport(testPath.settings, testPath.steps.slice(0, done + 1));
  const text = error instanceof Error ? error.message : String(error);
  return new Error(`${text}\n\nThis is what happened:\n${story}`, { cause: error });
};
