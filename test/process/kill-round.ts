// A kill round: one folder, one service that is killed and started as planned while clients place orders. Then it runs
// undisturbed until every order is settled, stops in order, and is audited. The tests and `npm run kills` share it.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import { shop } from '../../src/shop/shop.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { type AuditReport, audit, runDoctor } from './audit.ts';
import type { Violation } from './check-history.ts';
import { type Capture, createClients, products } from './clients.ts';
import { type Environment, openEnvironment, type ServiceProcess } from './environment.ts';
import type { FaultRatesInput } from './fault-rates.ts';
import { openHistory } from './history.ts';
import { describeKill, type Kill, siteKill, toCrashAt } from './kill-plan.ts';
import { createLoad, type Load } from './load.ts';

export interface Round {
  readonly folder: string;
  readonly seed: string;
  readonly kills: readonly Kill[];
  readonly ordersPerProcess: number;
  readonly capture: Capture;
  /** Called after each kill. */
  onKill?(kill: Kill): void;
}

export interface RoundReport extends AuditReport {
  /** How often the service was killed, by site; `random` for random times. */
  readonly kills: Readonly<Record<string, number>>;
  /** Sites that were not reached although many clients were served. */
  readonly missed: readonly string[];
}

/** What the doubles do wrong in every round. */
export const faultRates = (
  seed: string,
): { readonly gateway: FaultRatesInput; readonly mailer: FaultRatesInput } => {
  const both = { seed, busyRate: 0.05, errorRate: 0.1, cutRate: 0.08, silentRate: 0.02, delayMs: 10 };
  const slow = { slowRate: 0.1, slowMs: 150 };
  const webhooks = { webhookRate: 1, duplicateRate: 0.3, lateMs: 400 };
  return { gateway: { ...both, ...slow, ...webhooks, declineRate: 0.1 }, mailer: { ...both, ...slow } };
};

/**
 * A site is missed if so many clients were served without it, however long that took: more than enough for each
 * kind of client to come several times.
 */
const clientsPerSite = 200;
const topUpMs = 300;
/** If nothing at all changes for this time, the service hangs. */
const standstillMs = 60_000;

/** Runs a round. Violations are in the report; the folder stays. */
export const runRound = async (round: Round): Promise<RoundReport> => {
  const { folder, seed, capture } = round;
  const environment = await openEnvironment(folder, {
    settings: { PAYMENT_CAPTURE: capture },
    ...faultRates(seed),
  });
  const { paths, untilListening } = environment;
  const history = await openHistory(paths.history, systemClock.now);
  const violations: Violation[] = [];
  try {
    const clients = createClients({ untilListening, history, seed, capture });
    const load = createLoad(seed, clients.run);
    await fillCatalogue(paths.store);
    const { kills, missed } = await killAll(round, environment, load, violations);
    await settleAll(environment, load, clients.place, violations);
    await history.close();
    const report = await audit(environment);
    return { ...report, kills, missed, violations: [...violations, ...report.violations] };
  } finally {
    await environment.close();
  }
};

/** A catalogue that the service finds and leaves as it is. */
const fillCatalogue = async (path: string): Promise<void> => {
  const store = createSqliteStore(openDatabase(path, shop), shop.tables);
  await createCatalogue(store).seedProducts(products, systemClock.now());
  await store.close();
};

const killAll = async (
  { seed, kills, ordersPerProcess, onKill }: Round,
  environment: Environment,
  load: Load,
  violations: Violation[],
): Promise<Pick<RoundReport, 'kills' | 'missed'>> => {
  const counts: Record<string, number> = {};
  const missed: string[] = [];
  /** Whether the process was killed where it should be. */
  const run = async (kill: Kill): Promise<boolean> => {
    const crashAt = toCrashAt(kill);
    const service = await environment.startService(crashAt === undefined ? {} : { CRASH_AT: crashAt });
    load.add(ordersPerProcess);
    await untilKilled(service, kill, environment, load);
    const { code, signal } = await service.ended;
    if (signal !== 'SIGKILL') {
      const problem = `the service ended with ${signal ?? code}: ${service.output()}`;
      violations.push({ invariant: 'endsOnlyByKill', about: describeKill(kill), problem });
    }
    violations.push(...(await runDoctor(environment, { replay: false })));
    return crashAt === undefined || service.output().includes(`Dies at ${crashAt}\n`);
  };
  for (const kill of kills) {
    if (needsPendingCalls(kill)) {
      await run(siteKill({ point: 'call.before' }, 1, createRandom(seed, 'pending call')));
    }
    if (!(await run(kill))) {
      missed.push(describeKill(kill));
      continue;
    }
    const name = kill.kind === 'site' ? describeKill(kill) : kill.kind;
    counts[name] = (counts[name] ?? 0) + 1;
    onKill?.(kill);
  }
  return { kills: counts, missed };
};

/** A start claims calls only if the process before it left some: its own are leased from their commit on. */
const needsPendingCalls = (kill: Kill): boolean => kill.kind === 'site' && kill.site.point === 'claim.after';

/** Resolves when the process was killed, by itself or, if it misses its site, from here. */
const untilKilled = async (
  service: ServiceProcess,
  kill: Kill,
  environment: Environment,
  load: Load,
): Promise<void> => {
  const hasEnded = service.ended.then(() => true);
  const endsWithin = (ms: number): Promise<boolean> => Promise.race([hasEnded, pause(ms, false)]);
  if (kill.kind === 'random') {
    await endsWithin(kill.afterMs);
    service.send('SIGKILL');
    return;
  }
  const hasUnsettled = () =>
    environment.unsettledOrders(String(service.url)).then(
      ({ length }) => length > 0,
      () => false,
    );
  const first = load.served();
  const standstill = createStandstill();
  let mustStop = kill.site.point.startsWith('drain.');
  while (!(await endsWithin(topUpMs))) {
    load.add(1);
    if (mustStop && (await hasUnsettled())) {
      service.send('SIGTERM');
      mustStop = false;
    }
    if (load.served() - first > clientsPerSite || standstill.lasts(load.served())) service.send('SIGKILL');
  }
};

/** Watches one value: whether it has stayed the same for too long. */
const createStandstill = () => {
  let last: string | undefined;
  let changedAt = performance.now();
  return {
    lasts: (value: number | string): boolean => {
      if (String(value) !== last) [last, changedAt] = [String(value), performance.now()];
      return performance.now() - changedAt > standstillMs;
    },
  };
};

/**
 * Resolves when every client was served, every order is settled and every webhook was accepted; with what is left, if nothing
 * changes any more.
 */
const untilQuiet = async (environment: Environment, url: string, load: Load): Promise<string | undefined> => {
  const standstill = createStandstill();
  for (;;) {
    const unsettled = await environment.unsettledOrders(url);
    const left = {
      clients: load.arrived() - load.served(),
      unsettled: unsettled.length,
      webhooks: await environment.pendingWebhooks(),
    };
    if (Object.values(left).every((count) => count === 0)) return undefined;
    if (standstill.lasts(JSON.stringify(left))) return JSON.stringify(left);
    await pause(100);
  }
};

const incidentPage = z.object({ incidents: z.array(z.object({ orderId: z.string(), reason: z.string() })) });

/** The last process is not killed: every order has to settle, and the service has to stop in order. */
const settleAll = async (
  environment: Environment,
  load: Load,
  placeAgain: (client: number) => Promise<unknown>,
  violations: Violation[],
): Promise<void> => {
  const service = await environment.startService();
  const { url } = service;
  const report = (invariant: string, about: string, problem: string) =>
    violations.push({ invariant, about, problem });
  if (url === undefined) {
    report('startsAgain', 'the last start', service.output());
    return;
  }
  violations.push(...(await settle(environment, url, load, placeAgain)));
  service.send('SIGTERM');
  const { code, signal } = await service.ended;
  if (code !== 0 || !service.output().includes('\nStopped.')) {
    report('stopsInOrder', 'SIGTERM', `the service ended with ${signal ?? code}: ${service.output()}`);
  }
};

/** Resolves when everything is at rest, with what is not as it should be; then every client asks for its answer once more. */
export const settle = async (
  environment: Environment,
  url: string,
  load: Load,
  placeAgain: (client: number) => Promise<unknown>,
): Promise<readonly Violation[]> => {
  const violations: Violation[] = [];
  const report = (invariant: string, about: string, problem: string) =>
    violations.push({ invariant, about, problem });
  const left = await untilQuiet(environment, url, load);
  for (const { id, state } of await environment.unsettledOrders(url)) {
    report('everyOrderSettles', id, `still ${state} after ${standstillMs} ms without a change`);
  }
  const { incidents } = incidentPage.parse(await (await fetch(`${url}/incidents`)).json());
  for (const { orderId, reason } of incidents) report('noIncidents', orderId, `open incident: ${reason}`);
  if (left !== undefined) report('everyRequestEnds', 'the end of the round', `what is left: ${left}`);
  else await Promise.all(Array.from({ length: load.arrived() }, (_, client) => placeAgain(client)));
  return violations;
};
