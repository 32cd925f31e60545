import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newestVersion } from '../machines/registry.ts';
import { addReadiness, addServiceMetrics, addServiceStates } from '../src/service-metrics.ts';
import { shop } from '../src/shop/shop.ts';
import { createMemoryStore } from '../src/stores/memory.ts';
import { until } from './e2e/client.ts';
import { makeFolder, startServer } from './e2e/server.ts';
import { createFakeClock } from './fake-clock.ts';
import { chargeAll, never, openHost, place, settleNow, shut } from './hosts/harness.ts';

const open = async (parts: Parameters<typeof openHost>[0] = {}) => {
  const [clock, store] = [createFakeClock(), createMemoryStore()];
  const opened = await openHost({ clock, store, ...parts });
  const { registry, metrics } = opened;
  addServiceMetrics({ registry, metrics, application: shop, store, clock });
  return opened;
};

test('the age of the oldest order under way grows, and is 0 once all are settled', async () => {
  const waiting = Promise.withResolvers<void>();
  const opened = await open({ gateway: (call) => waiting.promise.then(() => chargeAll(call)) });
  const { clock, registry } = opened;
  expect(await registry.metrics()).toContain('orderchart_unsettled_oldest_seconds 0\n');
  await place(opened);
  await clock.advance(4000);
  await place(opened);
  await clock.advance(3000);
  expect(await registry.metrics()).toContain('orderchart_unsettled_oldest_seconds 7\n');
  waiting.resolve();
  await settleNow(opened);
  expect(await registry.metrics()).toContain('orderchart_unsettled_oldest_seconds 0\n');
  await shut(opened);
});

test('an order with an incident is no order under way: it is counted as one that waits for a person', async () => {
  const opened = await open({
    mailer: () => ({ type: 'mailer.failed', reason: 'mailbox-full' }),
    settings: { NOTIFICATION_ATTEMPTS: 1 },
  });
  await place(opened);
  await settleNow(opened);
  await opened.clock.advance(60_000);
  const printed = await opened.registry.metrics();
  expect(printed).toContain('orderchart_unsettled_oldest_seconds 0\n');
  expect(printed).toMatch(/orderchart_incidents_opened_total\{actor="notification",reason="[\w-]+"\} 1/);
  await shut(opened);
});

test('deadlines that are due and cannot be fired are counted, with how long they have been due', async () => {
  const store = createMemoryStore();
  const asked: (readonly string[])[] = [];
  const clock = createFakeClock();
  const opened = await openHost({ clock, store });
  const { registry, metrics } = opened;
  const backlog = async (now: number, versions: readonly string[]) => {
    asked.push(versions);
    return { overdue: 3, dueSince: now - 90_500, unsettledSince: null };
  };
  addServiceMetrics({ registry, metrics, application: shop, store: { backlog }, clock });
  const printed = await registry.metrics();
  expect(printed).toContain('orderchart_deadlines_overdue 3\n');
  expect(printed).toContain('orderchart_deadline_overdue_seconds 90.5\n');
  expect(asked).toEqual([expect.arrayContaining([newestVersion, '1'])]);
  await shut(opened);
});

test('calls are counted by service, and by whether they were answered', async () => {
  const opened = await open({ gateway: never, settings: { CALL_TIMEOUT_MS: 2000 } });
  await place(opened);
  await opened.clock.advance(2001);
  const printed = await opened.registry.metrics();
  expect(printed).toContain('orderchart_service_calls_total{service="gateway",outcome="failed"} 1\n');
  expect(printed).toContain('orderchart_service_calls_total{service="gateway",outcome="answered"} 0\n');
  await shut(opened);
});

test('counters of what should not happen begin at 0, so that the first time is seen as a rise', async () => {
  const opened = await open();
  const printed = await opened.registry.metrics();
  expect(printed).toContain('orderchart_messages_processed_total{disposition="dead"} 0\n');
  expect(printed).toContain('orderchart_incidents_opened_total{actor="order",reason="refund-overdue"} 0\n');
  await shut(opened);
});

test('a check that fails counts as not ready', async () => {
  const { registry } = await open();
  addReadiness(registry, () => Promise.reject(new Error('EIO')));
  expect(await registry.metrics()).toContain('orderchart_ready 0\n');
});

test('a service says how much room its disk has, and that it is not ready once its database is gone', async () => {
  const folder = await makeFolder();
  const data = join(folder.path, 'data');
  await mkdir(data);
  const server = await startServer(folder.path, { LOG_LEVEL: 'fatal' });
  const scrape = async () => {
    const page = await (await fetch(`${server.url}/metrics`)).text();
    return (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1]);
  };
  const read = await scrape();
  expect(read('orderchart_ready')).toBe(1);
  expect(read('orderchart_database_bytes')).toBeGreaterThan(4096);
  expect(read('orderchart_disk_free_bytes')).toBeGreaterThan(0);
  expect(read('orderchart_disk_size_bytes')).toBeGreaterThan(read('orderchart_disk_free_bytes'));
  await rename(join(data, 'orderchart.db'), join(folder.path, 'elsewhere.db'));
  await until(scrape, (now) => now('orderchart_ready') === 0);
  await rm(data, { recursive: true, force: true });
  expect((await scrape())('orderchart_disk_free_bytes')).toBe(0);
  await server.kill();
  await folder.remove();
});

test('each service says whether it is called, and how many calls wait for it', async () => {
  const opened = await openHost();
  const { host, registry, clock } = opened;
  addServiceStates(registry, host);
  await host.pauseService('gateway', { reason: 'maintenance', principal: 'ada' });
  await place(opened);
  await settleNow(opened);
  const paused = await registry.metrics();
  const ofGateway = (state: string, value: number) =>
    `orderchart_service_state{service="gateway",state="${state}"} ${value}\n`;
  for (const state of ['running', 'open', 'resuming']) expect(paused).toContain(ofGateway(state, 0));
  expect(paused).toContain(ofGateway('paused', 1));
  expect(paused).toContain('orderchart_service_state{service="mailer",state="running"} 1\n');
  expect(paused).toContain('orderchart_service_waiting_calls{service="gateway"} 1\n');
  expect(paused).toContain('orderchart_service_waiting_calls{service="mailer"} 0\n');
  expect((await host.health()).ready).toBe(true);
  await host.resumeService('gateway', undefined);
  await settleNow(opened);
  await clock.advance(10_000);
  const resumed = await registry.metrics();
  expect([resumed.includes(ofGateway('running', 1)), resumed.includes(ofGateway('paused', 0))]).toEqual([
    true,
    true,
  ]);
  expect(resumed).toContain('orderchart_service_waiting_calls{service="gateway"} 0\n');
  await shut(opened);
});
