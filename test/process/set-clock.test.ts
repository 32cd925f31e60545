// The service as a process of its own while the clock of its machine is set: waits stay as long as they were meant to be, and
// everyone who asks is told.
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { makeFolder } from '../e2e/server.ts';
import { openEnvironment } from './environment.ts';
import { stepClock } from './stepped-clock.ts';

const hour = 3_600_000;
/** A backstop: without the rule that is tested, a wait takes an hour. */
const patienceMs = 60_000;

/** An order whose charge got no answer, so that it waits for its retry; the service's clock is set then. */
const setDuringRetry = async (offsetMs: number) => {
  const folder = await makeFolder();
  const settings = { CALL_TIMEOUT_MS: '500', RETRY_FIRST_DELAY_MS: '2000', RETRY_LONGEST_DELAY_MS: '2000' };
  const environment = await openEnvironment(folder.path, { settings });
  const service = await environment.startService({ LOG_LEVEL: 'warn' });
  const readMetrics = async () => (await fetch(`${service.url}/metrics`)).text();
  const quiet = await readMetrics();
  await environment.holdAnswers();
  const { body } = await post(`${service.url}/orders`, sampleBody, 'one');
  const explain = async () => (await ask(`${service.url}/orders/${body.id}/explain`)).body;
  const before = await until(explain, ({ waiting, nextDeadline }) => {
    const isRetry = Date.parse(nextDeadline?.dueAt) - systemClock.now() < 5000;
    return isRetry && waiting.length > 0;
  });
  stepClock(environment.paths.clockOffset, offsetMs);
  const setAt = systemClock.now();
  const explained = await explain();
  await environment.releaseAnswers();
  const order = await until(
    () => ask(`${service.url}/orders/${body.id}`),
    (answer) => answer.body.settled === true,
  );
  const tookMs = systemClock.now() - setAt;
  const metrics = await readMetrics();
  service.send('SIGTERM');
  await service.ended;
  await environment.close();
  await folder.remove();
  return { before, explained, order: order.body, tookMs, quiet, metrics, log: service.output() };
};

test(
  'a clock that is set back one hour makes no wait longer, and explain, a metric and the log say that it was',
  async () => {
    const { before, explained, order, tookMs, quiet, metrics, log } = await setDuringRetry(-hour);
    expect(before.clock).toBeUndefined();
    expect(explained.clock).toMatch(/set back by 3,(600|599) s\. No wait is longer for it/);
    expect(order).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(tookMs).toBeLessThan(patienceMs / 2);
    expect(quiet).toContain('orderchart_clock_jumps_total{direction="back"} 0');
    expect(metrics).toContain('orderchart_clock_jumps_total{direction="back"} 1');
    expect(metrics).toMatch(/^orderchart_clock_ahead_seconds (3599|3600)(\.\d+)?$/m);
    expect(log).toContain("the machine's clock was set back");
  },
  patienceMs,
);

test(
  'a clock that is set ahead one hour is followed, and explain, a metric and the log say that it jumped',
  async () => {
    const { explained, order, metrics, log } = await setDuringRetry(hour);
    expect(explained.clock).toMatch(/jumped ahead by 3,(600|601) s/);
    expect(order.settled).toBe(true);
    expect(metrics).toContain('orderchart_clock_jumps_total{direction="ahead"} 1');
    expect(metrics).toMatch(/^orderchart_clock_ahead_seconds 0$/m);
    expect(log).toContain("the machine's clock jumped ahead");
  },
  patienceMs,
);
