// Ten times what a real service can take: what it accepts is there, what it refuses is refused quickly and told when
// to come again, and afterwards all is as before. It is about time, so it runs when no other test does.
import { expect, test } from 'vitest';
import { overload } from './overload.ts';

test('ten times what it can take is refused quickly where it is refused, and nothing accepted is lost', async () => {
  const report = await overload({
    measureSeconds: 1,
    seconds: 4,
    rampSeconds: 2,
    factor: 10,
    environment: { MAX_WAIT_MS: '500' },
    say: () => undefined,
  });
  const { tally } = report;
  expect(report).toMatchObject({ lost: 0, violations: [] });
  expect(tally).toMatchObject({ failed: 0, otherRefusals: 0, withoutRetryAfter: 0 });
  expect(tally.accepted + tally.refused + tally.timeouts + tally.broken + tally.unsent).toBe(tally.offered);
  expect(tally.accepted).toBeGreaterThan(0);
  expect(tally.refused).toBeGreaterThan(0);
  expect(tally.refusedLaterMs.p50).toBeLessThan(1000);
  expect(report.memory.most).toBeLessThan(report.memory.before + 512);
  expect(report.mostPending).toBeLessThanOrEqual(10_000);
  expect(report.normalAfterMs).toBeLessThan(20_000);
}, 120_000);
