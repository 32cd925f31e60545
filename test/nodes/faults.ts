// What happens to nodes and their database while orders are on their way: one fault at a time, planned from a seed. Each says
// when it is over; nothing here looks at orders.
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom, type SeededRandom } from '../../src/simulator/random.ts';
import { everySite, siteKill, toCrashAt } from '../process/kill-plan.ts';
import { queryOnce } from '../support/postgres/database.ts';
import type { PostgresServer } from '../support/postgres/start-postgres.ts';
import type { Cluster } from './cluster.ts';
import type { CuttingProxy } from './cutting-proxy.ts';

export interface Surroundings {
  readonly cluster: Cluster;
  readonly server: PostgresServer;
  readonly proxy: CuttingProxy;
  readonly places: number;
  /** More clients come. */
  addLoad(): void;
}

const kinds = [
  'kill',
  'commit point',
  'pause',
  'lost sessions',
  'lost answer',
  'database crash',
  'clock',
] as const;
export type FaultKind = (typeof kinds)[number];
export interface Fault {
  readonly kind: FaultKind;
  readonly place: number;
  readonly random: SeededRandom;
}

/** `number` faults, each kind in turn, each at some node. */
export const planFaults = (number: number, seed: string, places: number): readonly Fault[] =>
  Array.from({ length: number }, (_, index) => {
    const random = createRandom(seed, 'fault', index);
    return { kind: kinds[index % kinds.length] ?? 'kill', place: random.between(0, places - 1), random };
  });

/** Longer than a call is leased: another node takes it over. */
const longPauseMs = 4500;
/** A node that does not come to its commit point in this time is killed where it is. */
const reachedWithinMs = 6000;
const topUpMs = 250;

type Act = (fault: Fault, surroundings: Surroundings) => Promise<void>;

const restart = async ({ cluster }: Surroundings, place: number): Promise<void> => {
  const { url, output } = await cluster.start(place);
  if (url === undefined) throw new Error(`Node ${place} does not start: ${output()}`);
};

const acts: Readonly<Record<FaultKind, Act>> = {
  kill: async ({ place, random }, surroundings) => {
    surroundings.addLoad();
    await pause(random.between(30, 400));
    const node = surroundings.cluster.node(place);
    node?.send('SIGKILL');
    await node?.ended;
    await restart(surroundings, place);
  },
  'commit point': async ({ place, random }, surroundings) => {
    const { cluster } = surroundings;
    const running = cluster.node(place);
    running?.send('SIGKILL');
    await running?.ended;
    const sites = everySite('at-once');
    const site = sites[random.between(0, sites.length - 1)];
    const crashAt = site && toCrashAt(siteKill(site, 3, random));
    const node = await cluster.start(place, crashAt === undefined ? {} : { CRASH_AT: crashAt });
    for (let waitedMs = 0; waitedMs < reachedWithinMs; waitedMs += topUpMs) {
      surroundings.addLoad();
      if (await Promise.race([node.ended.then(() => true), pause(topUpMs, false)])) break;
    }
    node.send('SIGKILL');
    await node.ended;
    await restart(surroundings, place);
  },
  pause: async ({ place }, { cluster, addLoad }) => {
    addLoad();
    await pause(100);
    cluster.node(place)?.send('SIGSTOP');
    addLoad();
    await pause(longPauseMs);
    cluster.node(place)?.send('SIGCONT');
  },
  'lost sessions': async ({ random }, { server, addLoad }) => {
    addLoad();
    await pause(random.between(30, 200));
    await queryOnce(
      server.url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'orderchart%'`,
    );
  },
  'lost answer': async (_fault, { proxy, addLoad }) => {
    const before = proxy.cuts();
    proxy.cutNextBatch();
    for (let waitedMs = 0; proxy.cuts() === before && waitedMs < reachedWithinMs; waitedMs += topUpMs) {
      addLoad();
      await pause(topUpMs);
    }
  },
  'database crash': async ({ random }, { server, addLoad }) => {
    addLoad();
    await pause(random.between(30, 300));
    await server.restart('immediate');
  },
  clock: async ({ place, random }, { cluster, addLoad }) => {
    cluster.setClock(place, random.between(-600_000, 600_000));
    addLoad();
    await pause(random.between(100, 300));
  },
};

export const act: Act = (fault, surroundings) => acts[fault.kind](fault, surroundings);
