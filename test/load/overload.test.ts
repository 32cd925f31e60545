// Ten times what a real service can take: what it accepts is there, what it refuses is refused quickly and told when
// to come again, and afterwards all is as before. Time limits are wide: the machine may be busy with other tests.
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
  // On a busy machine all is slow; a refusal is quicker than what is refused even there.
  expect(tally.refusedLaterMs.p50).toBeLessThan(Math.max(5000, tally.acceptedMs.p50));
  expect(report.memory.most).toBeLessThan(report.memory.before + 512);
  expect(report.mostPending).toBeLessThanOrEqual(10_000);
  expect(report.normalAfterMs).toBeLessThan(60_000);
}, 120_000);
