// The soak that `npm run soak` runs for an hour, for seconds: it loses nothing, and it does disturb.
import { expect, test } from 'vitest';
import { soak } from './soak.ts';

test('a service that is killed, stopped and frozen under traffic loses nothing and comes to rest', async () => {
  const report = await soak({
    minutes: 0.07,
    seed: 1,
    rate: 25,
    lookEveryMs: 1000,
    disturbEveryMs: 200,
    onLook: () => undefined,
  });
  expect(report.problems).toEqual([]);
  expect(report.orders).toBeGreaterThan(20);
  const { killed, stopped, frozen } = report.disturbances;
  expect(killed + stopped + frozen).toBeGreaterThan(0);
}, 120_000);
