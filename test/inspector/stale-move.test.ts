// An incident that somebody else has dealt with since it was read: what the page then does about it is refused.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, post, until } from '../e2e/client.ts';
import { openBrowser, openPage } from './browser.ts';
import { openShop, type Shop } from './busy-shop.ts';
import { buildPage } from './fresh-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
/** The notice of this order is always refused. */
const [id, number] = ['order-000011', 11];

let browser: Browser;
let shop: Shop;
beforeAll(async () => {
  buildPage();
  browser = await openBrowser();
  shop = await openShop({ bankMs: () => 0, mailMs: 0, hasFailures: true });
  await shop.place(number);
});
afterAll(async () => {
  await browser.close();
  await shop.close();
});

const untilIncidentAfter = (version: number) =>
  until(
    () => ask(`${shop.origin}/orders/${id}`),
    ({ body }) => body.version > version && body.incidents.length === 1,
  );

test('a dialog about an incident does not resolve the next one', async () => {
  const first = await untilIncidentAfter(0);
  const { page } = await openPage(await browser.newContext({ baseURL: shop.origin }));
  await page.goto('/inspector/incidents');
  const row = page.getByRole('listitem', { name: `Incident of ${id}` });
  await row.getByRole('button', { name: 'Resolve notification' }).click();
  const dialog = row.getByRole('dialog');
  await dialog.getByLabel('Note').fill('called the customer');
  // A colleague tries again meanwhile, and that fails too.
  expect((await post(`${shop.origin}/orders/${id}/retry`, {}, 'colleague')).status).toBe(200);
  const second = await untilIncidentAfter(first.body.version);
  await dialog.getByRole('button', { name: 'Resolve notification' }).click();
  await dialog.getByRole('alert').getByText('The order has moved on').waitFor();
  expect((await ask(`${shop.origin}/orders/${id}`)).body.version).toBe(second.body.version);
  await page.reload();
  await row.getByRole('button', { name: 'Resolve notification' }).click();
  await dialog.getByLabel('Note').fill('called the customer');
  await dialog.getByRole('button', { name: 'Resolve notification' }).click();
  await page.getByText('No open incidents').waitFor();
});
