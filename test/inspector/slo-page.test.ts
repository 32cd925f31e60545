import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createOrderchart, readSettings, systemClock } from '../../src/main.ts';
import { post, sampleBody, until } from '../e2e/client.ts';
import { makeFolder } from '../e2e/server.ts';
import { chargeAll } from '../hosts/harness.ts';
import { openBrowser, openPage } from './browser.ts';
import { buildPage } from './fresh-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** The system's clock, which can be moved ahead. */
let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
const bank = Promise.withResolvers<void>();
const folder = await makeFolder();
const shop = await createOrderchart(
  readSettings({ DATABASE_URL: `sqlite:${join(folder.path, 'shop.db')}` }),
  {
    clock,
    services: {
      gateway: {
        name: 'gateway',
        place: 'outside',
        answer: (call) => bank.promise.then(() => chargeAll(call)),
      },
      mailer: { name: 'mailer', place: 'outside', answer: async () => ({ type: 'mailer.sent' }) },
    },
    logger: pino({ level: 'silent' }),
  },
);
let browser: Awaited<ReturnType<typeof openBrowser>>;

beforeAll(async () => {
  buildPage();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await shop.close();
  await folder.remove();
});

test('the flow shows on each state with an objective whether it was met or missed in the last hour', async () => {
  const products = ['product-1', 'product-2'].map((productId) => ({
    ...{ productId, name: 'Thing', unitPrice: 5000, currency: 'USD', onHand: 100 },
  }));
  await shop.catalogue.seedProducts(products, clock.now());
  const origin = await shop.api.listen({ port: 0, host: '127.0.0.1' });
  const { page, errors } = await openPage(await browser.newContext({ baseURL: origin }));
  await page.goto('/inspector');
  const objective = (state: string) => page.locator(`svg[data-chart="order"] [data-state="${state}"] .slo`);
  await objective('notifying').and(page.locator('.idle')).waitFor();
  expect(await objective('reserving').textContent()).toContain('95 % in 2 s');
  expect(await objective('completed').count()).toBe(0);

  const { body } = await post(`${origin}/orders`, sampleBody, 'k');
  await objective('reserving').and(page.locator('.met')).waitFor();
  aheadMs = 60_000;
  bank.resolve();
  await until(
    async () => shop.host.get(body.id),
    (view) => view?.settled === true,
  );
  const charging = objective('paying.charging').and(page.locator('.missed'));
  await charging.waitFor();
  expect(await charging.textContent()).toContain('95 % in 10 s: 0 % ✗');
  expect(await charging.locator('title').textContent()).toContain('in the last hour 0 of 1 did');
  expect(await objective('reserving').textContent()).toContain('95 % in 2 s: 100 % ✓');
  expect(errors).toEqual([]);
  await page.close();
});
