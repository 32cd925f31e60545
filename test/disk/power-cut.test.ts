// The power is cut before every operation of a workload, at random in others, and while a shop recovers. The control has
// the setting that does not wait for the disk: it must lose data, or these cuts would prove nothing.
import { expect, it, vi } from 'vitest';
import { createRandom } from '../../src/simulator/random.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createAcknowledged } from './acknowledged.ts';
import { createDisk } from './disk.ts';
import { createFaultyBank } from './faulty-bank.ts';
import { cutPower } from './power-cut.ts';
import { openShop } from './shop-on-disk.ts';
import { planWorkload } from './workload.ts';

// Seconds on an idle machine, minutes on a busy one.
vi.setConfig({ testTimeout: 240_000 });

// ROLLBACK follows a disk that fails (disk-failures.test.ts).
// Forgetting a key promises nothing: it is forgotten again. A disk that was cut is no copy (test/e2e/restored.test.ts).
const notInWorkload = [
  expect.stringContaining('DELETE FROM idempotency'),
  'ROLLBACK',
  'UPDATE epochs SET resumed = 1 WHERE resumed = 0',
];

it('a workload runs every statement with which the store writes', async () => {
  const disk = createDisk(1);
  const outside = { bank: createFaultyBank(), acknowledged: createAcknowledged(), clock: createFakeClock() };
  const unused: (readonly string[])[] = [];
  for (const [openings, part] of planWorkload(createRandom(1), 'at-once').entries()) {
    const shop = await openShop(disk, { capture: 'at-once', logPages: 40 }, { ...outside, openings });
    for (const step of part) await step(shop, outside.acknowledged);
    await shop.stop();
    unused.push(shop.unused());
    await shop.close();
  }
  const [before = [], after = []] = unused;
  expect(before.length).toBeGreaterThan(1);
  expect(before.filter((sql) => after.includes(sql)).sort()).toEqual(notInWorkload);
});

it('a power cut before any operation loses nothing that was acknowledged, and all orders settle', async () => {
  const { problems, operations, cuts, contents, losing } = await cutPower({
    ...{ seed: 1, parts: 'first', share: 1, shareInRecovery: 0 },
  });
  expect(problems).toEqual([]);
  expect(losing).toBe(0);
  expect(cuts).toBe(operations);
  expect(cuts).toBeGreaterThan(300);
  expect(contents).toBeGreaterThan(15);
});

it('a power cut during the recovery from a power cut loses nothing either', async () => {
  let again = 0;
  for (const seed of [2, 3]) {
    const plan = { seed, parts: 'both', share: 0.005, shareInRecovery: 0.004 } as const;
    const { problems, cuts, cutsInRecovery } = await cutPower(plan);
    expect(problems).toEqual([]);
    expect(cuts).toBeGreaterThan(cutsInRecovery);
    again += cutsInRecovery;
  }
  expect(again).toBeGreaterThan(0);
});

it('with synchronous=NORMAL, which does not wait for the disk, power cuts lose what was acknowledged; the same seed loses the same', async () => {
  const plan = { seed: 1, parts: 'first', share: 0.2, shareInRecovery: 0, synchronous: 'NORMAL' } as const;
  const report = await cutPower(plan);
  expect(report.losing).toBeGreaterThan(5);
  expect(report.problems).toContainEqual(expect.stringMatching(/was acknowledged at version \d+ and is at/));
  expect(await cutPower(plan)).toEqual(report);
});
