// What the host counts of its work (docs name the metrics): in seconds, once for each thing that happened.
import { expect, test } from 'vitest';
import { pause } from '../../src/service.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { interceptNth } from '../stores/intercept.ts';
import {
  chargeAll,
  chargeWhenReleased,
  never,
  type OpenHost,
  openHost,
  place,
  settle,
  settleNow,
  widgets,
} from './harness.ts';

/** The sum of a metric's values whose labels are (at least) these. */
const read = async (
  { registry }: Pick<OpenHost, 'registry'>,
  name: string,
  labels: Record<string, string> = {},
) => {
  const metric = (await registry.getMetricsAsJSON()).find((each) => each.name === `orderchart_${name}`);
  if (metric === undefined) throw new Error(`there is no metric ${name}`);
  return metric.values
    .filter((value) => !('metricName' in value) || String(value.metricName).endsWith('_sum'))
    .filter((value) =>
      Object.entries(labels).every(
        ([label, text]) => new Map(Object.entries(value.labels)).get(label) === text,
      ),
    )
    .reduce((sum, { value }) => sum + value, 0);
};

test('an order and its calls are timed in seconds', async () => {
  const clock = createFakeClock();
  const open = await openHost({
    clock,
    gateway: async (call) => {
      await pause(clock, 5000, call.signal);
      return chargeAll(call);
    },
  });
  const { id } = await place(open);
  await settle(open, id);
  expect(await read(open, 'order_seconds')).toBe(5);
  expect(await read(open, 'call_seconds', { command: 'gateway.charge' })).toBe(5);
});

test('a commit is timed in seconds', async () => {
  const store = createMemoryStore();
  const clock = createFakeClock();
  const open = await openHost({
    clock,
    gateway: never,
    store: interceptNth(store, {
      2: async (_write, proceed) => {
        await pause(clock, 2000, new AbortController().signal);
        return proceed();
      },
    }),
  });
  const placing = place(open);
  await settleNow(open);
  await clock.advance(2000);
  await placing;
  expect(await read(open, 'commit_seconds')).toBe(2);
});

test('calls and their retries are counted by command, and those under way as they come and go', async () => {
  let asked = 0;
  const { gateway, release } = chargeWhenReleased();
  const open = await openHost({
    gateway: (call) => {
      asked += 1;
      return asked === 1 ? { type: 'gateway.failed', reason: 'down' } : gateway(call);
    },
  });
  const { id } = await place(open);
  await open.clock.advance(1000);
  await settleNow(open);
  expect(await read(open, 'calls_in_flight')).toBe(1);
  release();
  await settle(open, id);
  expect(await read(open, 'calls_in_flight')).toBe(0);
  expect(await read(open, 'calls_total', { command: 'gateway.charge', reply: 'gateway.failed' })).toBe(1);
  expect(await read(open, 'calls_total', { command: 'gateway.charge', reply: 'gateway.charged' })).toBe(1);
  expect(await read(open, 'call_retries_total', { command: 'gateway.charge' })).toBe(1);
});

test('messages, events, incidents and failures are counted', async () => {
  const store = createMemoryStore();
  const open = await openHost({
    store: interceptNth(store, { 2: () => Promise.reject(new Error('disk full')) }),
    settings: { NOTIFICATION_ATTEMPTS: 1 },
    mailer: () => ({ type: 'mailer.failed', reason: 'down' }),
  });
  await expect(place(open)).rejects.toMatchObject({ code: 'store-unavailable' });
  const { id } = await place(open, widgets(1));
  await settle(open, id);
  const received = await open.host.received(id, 0, 100);
  const events = await open.host.events({ after: 0, limit: 100 });
  expect(await read(open, 'messages_failed_total')).toBe(1);
  expect(await read(open, 'messages_processed_total', { disposition: 'applied' })).toBe(received.length);
  expect(await read(open, 'events_published_total')).toBe(events.length);
  expect(await read(open, 'incidents_opened_total', { actor: 'notification' })).toBe(1);
});
