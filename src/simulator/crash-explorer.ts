// Runs one scenario of an application again and again, each time with a crash at another commit point and a restart over
// the same store, and compares how the runs end. The first run has no crash and finds the points.
import type { Application } from '../application.ts';
import type { Examine } from '../audit.ts';
import type { AuditSource } from '../audit-source.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError, describeError } from '../errors.ts';
import type { SystemView } from '../host.ts';
import type { Services } from '../service.ts';
import type { CrashSite } from '../simulation.ts';
import type { JournalEvent, Store } from '../store.ts';
import { type CrashPlan, toSiteName } from './crashes.ts';
import { openTestHost, type TestHost, type TestHostParts } from './test-host.ts';

/** What is outside the store in one run: the services, and whatever a check wants to know of them. */
export interface World {
  readonly services: Services;
}

/** How a run ended. */
export interface ScenarioEnd<W extends World = World, View extends SystemView = SystemView> {
  readonly orders: readonly View[];
  readonly events: readonly JournalEvent[];
  readonly world: W;
}

export interface CrashScenario<View extends SystemView, W extends World> {
  /** Called for each run: what is outside survives a crash, and nothing of it the end of a run. */
  world(clock: Clock): W;
  /** What happens. Requests are repeated when the host crashes before it answers, as clients do. */
  scenario(host: TestHost<View>, world: W): Promise<void>;
  /**
   * Throws when a run with a crash ended wrongly; `undisturbed` is the run without one, for which it is called too. Left
   * out: every actor must end in the state in which it ends without a crash.
   */
  check?(end: ScenarioEnd<W, View>, undisturbed: ScenarioEnd<W, View>): void | Promise<void>;
  readonly settings?: Partial<Settings>;
}

export interface CrashPoint {
  /** The commit point, the command that it is about, and how often it was reached: `call.before bank.pay, 2nd time`. */
  readonly name: string;
  /** What was wrong after a crash there; empty when all was well. */
  readonly problems: readonly string[];
}

export interface CrashReport {
  /** Every commit point of the scenario in the order in which it is reached, each with a run of its own. */
  readonly points: readonly CrashPoint[];
  /** Those with problems. */
  readonly failures: readonly CrashPoint[];
  describe(): string;
}

export interface CrashExplorerParts extends TestHostParts {
  openStorage(application: Application): {
    readonly store: Store;
    openAudit(now: number): AuditSource;
    remove(): Promise<void>;
  };
  createExamine(application: Application): Examine;
}

/** The `count`th time that a site is reached. */
interface Place {
  readonly site: string;
  readonly count: number;
}

interface WatchedPlan extends CrashPlan {
  readonly places: readonly Place[];
  readonly hasCrashed: boolean;
  /** From now on nothing crashes, and nothing counts. */
  end(): void;
}

const createPlan = (at: Place | undefined): WatchedPlan => {
  const counts = new Map<string, number>();
  const places: Place[] = [];
  let hasCrashed = false;
  let isOver = false;
  return {
    places,
    get hasCrashed() {
      return hasCrashed;
    },
    end: () => {
      isOver = true;
    },
    crashesAt: (point, about) => {
      if (isOver || hasCrashed) return false;
      const reached: CrashSite = { point, ...(about !== undefined && { about }) };
      const site = toSiteName(reached);
      const count = (counts.get(site) ?? 0) + 1;
      counts.set(site, count);
      places.push({ site, count });
      hasCrashed = site === at?.site && count === at.count;
      return hasCrashed;
    },
  };
};

interface Run<View extends SystemView, W extends World> {
  readonly end: ScenarioEnd<W, View>;
  readonly plan: WatchedPlan;
  readonly problems: readonly string[];
}

const runOnce = async <View extends SystemView, W extends World>(
  application: Application<View>,
  given: CrashScenario<View, W>,
  parts: CrashExplorerParts,
  at?: Place,
): Promise<Run<View, W>> => {
  const storage = parts.openStorage(application);
  const plan = createPlan(at);
  try {
    let world: W | undefined;
    const services = (clock: Clock) => {
      world = given.world(clock);
      return world.services;
    };
    const options = { services, store: storage.store, ...(given.settings && { settings: given.settings }) };
    const host = await openTestHost(application, options, parts, plan);
    if (world === undefined) throw new Error('there is no world');
    await given.scenario(host, world);
    await host.untilSettled();
    await host.stop();
    plan.end();
    const orders = await host.ask((running) => running.list({ limit: mostOrders }));
    const events = await storage.store.events({ after: 0, limit: mostEvents });
    const isSettled = orders.every(({ settled }) => settled);
    const source = storage.openAudit(host.clock.now());
    const { checks } = await parts.createExamine(application)(source, { atRest: isSettled });
    await source.close();
    const findings = checks.flatMap(({ invariant, findings: found }) =>
      found.map(({ about, problem }) => `the doctor finds, ${invariant}: ${about} ${problem}`),
    );
    return { end: { orders, events, world }, plan, problems: [...host.violations, ...findings] };
  } finally {
    await storage.remove();
  }
};

const mostOrders = 1000;
const mostEvents = 100_000;

/**
 * Explores every single crash of a scenario: at each commit point that it reaches, once for each time that it is reached.
 * After each run the doctor's general checks examine the store.
 * @throws whatever the scenario or `check` throws in the run without a crash, and AppError `invalid-request` when that
 * run places no order or has problems of its own.
 */
export const exploreCrashPoints = async <View extends SystemView, W extends World>(
  application: Application<View>,
  given: CrashScenario<View, W>,
  parts: CrashExplorerParts,
): Promise<CrashReport> => {
  const { check = checkSameStates } = given;
  const undisturbed = await runOnce(application, given, parts);
  if (undisturbed.end.orders.length === 0) {
    throw new AppError('invalid-request', 'The scenario places no order: place one with host.place().');
  }
  if (undisturbed.problems.length > 0) {
    const text = `The scenario has problems without any crash:\n  ${undisturbed.problems.join('\n  ')}`;
    throw new AppError('invalid-request', text, { problems: undisturbed.problems });
  }
  await check(undisturbed.end, undisturbed.end);
  const points: CrashPoint[] = [];
  for (const place of undisturbed.plan.places) {
    const problems: string[] = [];
    try {
      const run = await runOnce(application, given, parts, place);
      problems.push(...run.problems);
      if (!run.plan.hasCrashed)
        problems.push('it is not reached again: the scenario or a service is not repeatable');
      await check(run.end, undisturbed.end);
    } catch (error) {
      problems.push(describeError(error));
    }
    points.push({ name: toName(place), problems });
  }
  const failures = points.filter(({ problems }) => problems.length > 0);
  return { points, failures, describe: () => toText(points, failures) };
};

const toStates = (orders: readonly SystemView[]): string[] =>
  orders
    .map(({ id, actors }) => {
      const states = Object.entries(actors).map(([name, { state }]) => `${name} ${state}`);
      return `${id}: ${states.join(' | ')}`;
    })
    .sort();

const checkSameStates = (
  end: { readonly orders: readonly SystemView[] },
  undisturbed: { readonly orders: readonly SystemView[] },
): void => {
  const [ended, expected] = [toStates(end.orders), toStates(undisturbed.orders)];
  if (JSON.stringify(ended) === JSON.stringify(expected)) return;
  throw new Error(`it ends with ${ended.join('; ')}; without a crash, with ${expected.join('; ')}`);
};

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const endings: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> = { one: 'st', two: 'nd', few: 'rd' };
const toName = ({ site, count }: Place): string =>
  count === 1 ? site : `${site}, ${count}${endings[ordinals.select(count)] ?? 'th'} time`;

const toText = (points: readonly CrashPoint[], failures: readonly CrashPoint[]): string =>
  [
    `${points.length} crash points, ${failures.length} with problems`,
    ...failures.flatMap(({ name, problems }) => [name, ...problems.map((problem) => `  ${problem}`)]),
  ].join('\n');
