// Whole shops from seeds, each with its own faults: nothing is lost, charged twice, oversold or left unfinished, and
// everything that a campaign must see has been seen.
import { afterAll, describe, expect, it } from 'vitest';
import { simulate } from '../../src/main.ts';
import { sightings } from '../../src/simulation.ts';
import { startWorkerThread } from '../campaign/worker-thread.ts';
import { simulateSeed } from './campaigning.ts';

// With those below and those of sites.test.ts these are more than 200 shops and 4,000 orders; `npm run campaign` has 40,000.
const seeds = 100;
const batch = 10;
const orders = 30;
const seen = new Set<string>();
const thread = startWorkerThread();
afterAll(() => thread[Symbol.asyncDispose]());

/** Seeds in which the long campaign once found a bug: mostly a charge that took effect after its look-up. */
const onceFailing = [1270, 1494, 1730, 2554, 2615, 2671, 3599, 4472, 5081];

/** The same with an upgrade: messages quarantined because of a stale batch, and a wrong notice expected. */
const onceFailingUpgrades = [30793, 34385, 33492];

describe('a simulated shop', () => {
  it('gives the same trace again for the same seed', async () => {
    const traces = [0, 1].map(() => [] as string[]);
    const hashes: string[] = [];
    for (const lines of traces) {
      const onTrace = (line: string) => lines.push(line);
      hashes.push((await simulate({ seed: 12, orders: 12, nodes: 2, onTrace })).hash);
    }
    expect(traces[1]).toEqual(traces[0]);
    expect(hashes[1]).toBe(hashes[0]);
    expect(traces[0]?.length).toBeGreaterThan(100);
  });

  it('gives another trace for another seed', async () => {
    const [one, other] = [await simulateSeed(4, 5), await simulateSeed(7, 5)];
    expect(one.hash).not.toBe(other.hash);
  });
});

describe('whatever fails, a shop keeps its orders, its money and its stock', () => {
  const starts = Array.from({ length: seeds / batch }, (_, index) => index * batch + 1);
  it.each(starts)('seeds from %i', { timeout: 240_000 }, async (first) => {
    const result = await thread.run({ kind: 'seeds', seed: first, count: batch, orders });
    expect(result).toMatchObject({ findings: [], counts: { simulations: batch } });
    for (const name of Object.keys(result.sightings)) seen.add(name);
  });

  it.each(onceFailing)('seed %i, which once found a bug', { timeout: 60_000 }, async (seed) => {
    const { findings } = await thread.run({ kind: 'seeds', seed, count: 1, orders: 25 });
    expect(findings).toEqual([]);
  });

  it.each(onceFailingUpgrades)(
    'seed %i, which once found a bug in an upgrade',
    { timeout: 60_000 },
    async (seed) => {
      const { findings } = await thread.run({ kind: 'seeds', seed, count: 1, orders: 25, upgrade: true });
      expect(findings).toEqual([]);
    },
  );

  const upgrades = Array.from({ length: 5 }, (_, index) => index * 20 + 1);
  it.each(upgrades)(
    'seeds from %i, upgraded in the middle: two nodes to version 2, and a third that knows only version 1',
    { timeout: 240_000 },
    async (first) => {
      const task = { kind: 'seeds', seed: first, count: 20, orders: 12, upgrade: true } as const;
      const result = await thread.run(task);
      expect(result).toMatchObject({ findings: [], counts: { simulations: 20 } });
      for (const name of Object.keys(result.sightings)) seen.add(name);
    },
  );

  it('and every sighting was seen', () => {
    expect(Object.keys(sightings).filter((name) => !seen.has(name))).toEqual([]);
  });
});
