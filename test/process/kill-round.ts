// A kill round: one folder, one service that lives and dies as planned while clients buy, then is left in peace
// until everything is settled, stopped politely and judged. It never decides what is right; it exists so that
// the tests and `npm run kills` do the very same.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { toShare } from './chance.ts';
import type { Violation } from './check-history.ts';
import { type Death, nameOf, siteDeath, toCrashAt } from './deaths.ts';
import { openHistory } from './history.ts';
import { type Capture, createShopper, products } from './shopper.ts';
import type { Troubles } from './trouble.ts';
import { examine, judge, type Verdict } from './verdict.ts';
import { type Life, openWorld, type World } from './world.ts';

export interface Round {
  readonly folder: string;
  readonly seed: string;
  readonly deaths: readonly Death[];
  readonly ordersPerLife: number;
  readonly capture: Capture;
  /** Told after each kill. */
  onKill?(death: Death): void;
}

export interface RoundReport extends Verdict {
  /** How often the service was killed, by site; `random` for random times. */
  readonly kills: Readonly<Record<string, number>>;
  /** Sites that no life came to, although it was tried again. */
  readonly missed: readonly string[];
}

/** What goes wrong outside, in every round. */
const outside = (seed: string): { readonly gateway: Troubles; readonly mailer: Troubles } => {
  const both = { seed, busyRate: 0.05, errorRate: 0.1, cutRate: 0.08, silentRate: 0.02, delayMs: 10 };
  const slow = { slowRate: 0.1, slowMs: 150 };
  const told = { webhookRate: 1, duplicateRate: 0.3, lateMs: 400 };
  return { gateway: { ...both, ...slow, ...told, declineRate: 0.1 }, mailer: { ...both, ...slow } };
};

/** New orders of one life come within this time. */
const spreadMs = 250;
/** As many clients as a service that is killed all the time cannot serve would bury the next one. */
const mostWaiting = 40;
/** A site that nobody came to in this time is given up. */
const patienceMs = 10_000;
const topUpMs = 300;
/** In peace something has to go on within this time. */
const standstillMs = 60_000;

/** Runs a round. Violations are in the report; the folder stays. */
export const runRound = async (round: Round): Promise<RoundReport> => {
  const { folder, seed, capture } = round;
  const settings = { PAYMENT_CAPTURE: capture };
  const world = await openWorld(folder, { settings, ...outside(seed) });
  const history = await openHistory(world.paths.history, systemClock.now);
  const found: Violation[] = [];
  try {
    const shopper = createShopper({ untilUp: world.untilUp, history, seed, capture });
    const load = createLoad(seed, shopper.buy);
    await fillCatalogue(world);
    const { kills, missed } = await killAll(round, world, load, found);
    await endInPeace(world, load, shopper.askAgain, found);
    await history.close();
    const verdict = await judge(world);
    return { ...verdict, kills, missed, violations: [...found, ...verdict.violations] };
  } finally {
    await world.close();
  }
};

/** A catalogue before anybody serves: the service then leaves it as it is. */
const fillCatalogue = async ({ paths }: World): Promise<void> => {
  const store = createSqliteStore(openDatabase(paths.store));
  await store.seedProducts(products, systemClock.now());
  await store.close();
};

interface Load {
  /** So many clients more, soon, unless too many wait already. */
  more(number: number): void;
  /** How many there were so far. */
  count(): number;
  /** How many of them do not have yet what they wanted. */
  waiting(): number;
}

const createLoad = (seed: string, buy: (number: number) => Promise<void>): Load => {
  let [count, waiting] = [0, 0];
  const buyOne = async (client: number): Promise<void> => {
    await pause(toShare(seed, 'arrival', client) * spreadMs);
    await buy(client);
    waiting -= 1;
  };
  return {
    more: (number) => {
      for (let each = 0; each < number && waiting < mostWaiting; each += 1) {
        void buyOne(count);
        count += 1;
        waiting += 1;
      }
    },
    count: () => count,
    waiting: () => waiting,
  };
};

const killAll = async (
  { seed, deaths, ordersPerLife, onKill }: Round,
  world: World,
  load: Load,
  found: Violation[],
): Promise<Pick<RoundReport, 'kills' | 'missed'>> => {
  const kills: Record<string, number> = {};
  const missed: string[] = [];
  const again: Death[] = [];
  const die = async (death: Death): Promise<boolean> => {
    const crashAt = toCrashAt(death);
    const life = await world.start(crashAt === undefined ? {} : { CRASH_AT: crashAt });
    load.more(ordersPerLife);
    await untilDeath(life, death, load);
    const { code, signal } = await life.ended;
    if (signal !== 'SIGKILL') {
      const problem = `the service ended with ${signal ?? code}: ${life.output()}`;
      found.push({ invariant: 'process', about: nameOf(death), problem });
    }
    found.push(...(await examine(world, { replay: false })));
    const isAsPlanned = crashAt === undefined || life.output().includes(`Dies at ${crashAt}\n`);
    if (!isAsPlanned) return false;
    const name = death.kind === 'site' ? nameOf(death) : death.kind;
    kills[name] = (kills[name] ?? 0) + 1;
    onKill?.(death);
    return true;
  };
  for (const death of deaths) {
    if (!(await die(death)) && death.kind === 'site') again.push(siteDeath(death.site, 1, seed, 'again'));
  }
  for (const death of again) if (!(await die(death))) missed.push(nameOf(death));
  return { kills, missed };
};

/** Sees to it that the life ends: as planned, or after some time anyway. */
const untilDeath = async (life: Life, death: Death, load: Load): Promise<void> => {
  const tooLong = AbortSignal.timeout(death.kind === 'random' ? death.afterMs : patienceMs);
  const isOver = life.ended.then(() => true);
  if (death.kind === 'random') {
    await Promise.race([isOver, untilAborted(tooLong)]);
  } else {
    if (death.site.point.startsWith('drain.')) await askToStop(life);
    while (!tooLong.aborted && !(await Promise.race([isOver, pause(topUpMs, false)]))) load.more(1);
  }
  life.send('SIGKILL');
};

const askToStop = async (life: Life): Promise<void> => {
  await pause(spreadMs);
  life.send('SIGTERM');
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));

/** Whether every client has what they wanted, every order is settled and the bank has told all. */
const untilQuiet = async (
  world: World,
  load: Load,
  moving: () => Promise<readonly unknown[]>,
): Promise<boolean> => {
  let [last, changedAt] = ['', performance.now()];
  while (performance.now() - changedAt < standstillMs) {
    const left = [load.waiting(), (await moving()).length, await world.untoldFacts()];
    if (left.every((number) => number === 0)) return true;
    if (left.join() !== last) [last, changedAt] = [left.join(), performance.now()];
    await pause(100);
  }
  return false;
};

const incidentPage = z.object({ incidents: z.array(z.object({ orderId: z.string(), reason: z.string() })) });

/** The last life: nobody kills it. Everything has to be settled, and it has to stop politely. */
const endInPeace = async (
  world: World,
  load: Load,
  askAgain: (number: number) => Promise<unknown>,
  found: Violation[],
): Promise<void> => {
  const life = await world.start();
  const read = async (path: string): Promise<unknown> => (await fetch(`${life.url}${path}`)).json();
  const moving = () => world.moving(String(life.url));
  const isQuiet = await untilQuiet(world, load, moving);
  for (const { id, state } of await moving()) {
    const problem = `it is still ${state}, and nothing went on for ${standstillMs} ms of peace`;
    found.push({ invariant: 'I31', about: id, problem });
  }
  for (const { orderId, reason } of incidentPage.parse(await read('/incidents')).incidents) {
    found.push({ invariant: 'I29', about: orderId, problem: `it waits for a person: ${reason}` });
  }
  if (!isQuiet) found.push({ invariant: 'I6', about: 'the clients', problem: 'not all were answered' });
  else await Promise.all(Array.from({ length: load.count() }, (_, number) => askAgain(number)));
  life.send('SIGTERM');
  const { code, signal } = await life.ended;
  if (code !== 0 || !life.output().includes('\nStopped.')) {
    const problem = `it ended with ${signal ?? code}: ${life.output()}`;
    found.push({ invariant: 'I38', about: 'SIGTERM', problem });
  }
};
