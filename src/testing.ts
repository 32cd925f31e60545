// What tests of an application need, put together: the package's export `orderchart/testing`. Beside main.ts it is the
// only file that knows the parts. It needs no test framework and asserts nothing: it explores and reports.
import './node-version.ts';
import pino from 'pino';
import { Registry } from 'prom-client';
import type { Application } from './application.ts';
import { systemClock } from './clock.ts';
import { createExamine } from './doctor/examine.ts';
import type { SystemView } from './host.ts';
import { createRunner } from './hosts/runner.ts';
import { createMetrics } from './metrics.ts';
import {
  type CrashExplorerParts,
  type CrashReport,
  type CrashScenario,
  exploreCrashPoints,
  type World,
} from './simulator/crash-explorer.ts';
import { openTestHost, type TestHost, type TestHostOptions } from './simulator/test-host.ts';
import { createMemoryStore } from './stores/memory.ts';
import { openScratchStore } from './stores/sqlite-scratch.ts';

export type {
  CrashPoint,
  CrashReport,
  CrashScenario,
  ScenarioEnd,
  World,
} from './simulator/crash-explorer.ts';
export type { TestHost, TestHostOptions, TestSending } from './simulator/test-host.ts';
export type { ChartCoverage, Covered } from './testing/coverage.ts';
export {
  type ChartPath,
  type Exploration,
  type ExploredPaths,
  explorePaths,
} from './testing/explore-paths.ts';
export type { Command, Examples, Happening } from './testing/happenings.ts';

const parts: CrashExplorerParts = {
  startHost: async (given) => {
    const logger = pino({ level: 'silent' });
    const { host } = await createRunner({ ...given, metrics: createMetrics(new Registry()), logger });
    return host;
  },
  openStore: createMemoryStore,
  openStorage: openScratchStore,
  createExamine,
  rest: systemClock.soon,
};

/**
 * Starts the production host on a virtual clock, over a store in memory: deadlines of weeks pass at once, and nothing goes
 * wrong but what a test does.
 * @throws AppError `chart-unsupported`, or `invalid-setting` when a service has no adapter.
 */
export const createTestHost = <View extends SystemView>(
  application: Application<View>,
  options: TestHostOptions,
): Promise<TestHost<View>> => openTestHost(application, options, parts);

/**
 * Runs a scenario once to find every commit point that it reaches, and then once for each of them with a crash there and a
 * restart over the same store. Each run has a SQLite file of its own, which the doctor's general checks examine at the end.
 * @throws whatever goes wrong in the run without a crash.
 */
export const exploreCrashes = <View extends SystemView, W extends World>(
  application: Application<View>,
  scenario: CrashScenario<View, W>,
): Promise<CrashReport> => exploreCrashPoints(application, scenario, parts);
