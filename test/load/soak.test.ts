// The soak of `npm run soak`, for seconds instead of an hour: nothing is lost, and there are faults.
import { expect, test } from 'vitest';
import { soak } from './soak.ts';

test('a service that is killed, stopped and frozen under traffic loses nothing and settles every order', async () => {
  const report = await soak({
    minutes: 0.07,
    seed: 1,
    rate: 25,
    sampleEveryMs: 1000,
    faultEveryMs: 200,
    onSample: () => undefined,
  });
  expect(report.problems).toEqual([]);
  expect(report.orders).toBeGreaterThan(20);
  const { killed, stopped, frozen } = report.faults;
  expect(killed + stopped + frozen).toBeGreaterThan(0);
}, 120_000);
