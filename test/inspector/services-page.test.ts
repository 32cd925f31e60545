// The view of services, an order that waits for one, and a refund by product, as people see and use them.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, until } from '../e2e/client.ts';
import { openBrowser, openPage } from './browser.ts';
import { openShop, type Shop } from './busy-shop.ts';
import { buildPage } from './fresh-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let browser: Browser;
let shop: Shop;
let page: Page;
let errors: readonly string[];
beforeAll(async () => {
  buildPage();
  browser = await openBrowser();
  shop = await openShop({ bankMs: () => 0, mailMs: 0, hasFailures: false });
  ({ page, errors } = await openPage(await browser.newContext({ baseURL: shop.origin })));
});
afterAll(async () => {
  await browser.close();
  await shop.close();
});

const gateway = () => page.getByRole('listitem', { name: 'Service gateway' });

test('a service is paused with a reason, an order that waits for it says so, and it goes on when it is resumed', async () => {
  await page.goto('/inspector/services');
  await gateway().getByRole('button', { name: 'Pause gateway' }).click();
  const dialog = page.getByRole('dialog', { name: 'Confirm: Pause gateway' });
  await dialog.getByLabel('Reason').fill('the bank is at work');
  await dialog.getByRole('button', { name: 'Pause gateway' }).click();
  await gateway().getByText('the bank is at work').first().waitFor();
  const id = await shop.placeOne();
  await page.goto(`/inspector/orders/${id}`);
  await page.getByText('This order waits for').waitFor();
  const calls = page.getByRole('region', { name: 'Calls', exact: true });
  await calls.getByText('gateway is paused').waitFor();
  await calls.getByText('The warehouse has reserved the stock').waitFor();

  await page.goto('/inspector/services');
  await gateway().getByRole('button', { name: 'Resume gateway' }).click();
  await page
    .getByRole('dialog', { name: 'Confirm: Resume gateway' })
    .getByRole('button', { name: 'Resume gateway' })
    .click();
  await gateway().getByRole('button', { name: 'Pause gateway' }).waitFor();
  await shop.host.waitUntilSettled(id, 40_000);
  await page.goto(`/inspector/orders/${id}`);
  await calls.getByText('The bank has made the charge').waitFor();
  expect(await page.getByText('This order waits for').count()).toBe(0);
  expect(errors).toEqual([]);
});

test('a refund by product gives back its price, and the product goes back into stock', async () => {
  const id = await shop.placeOne();
  await shop.host.waitUntilSettled(id, 40_000);
  await page.goto(`/inspector/orders/${id}`);
  const summary = page.getByRole('region', { name: 'Summary' });
  await summary.getByRole('button', { name: 'Refund', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('By product').check();
  await dialog.getByRole('spinbutton', { name: 'Mug, blue' }).fill('1');
  await dialog.getByLabel('Mug, blue: back into stock').check();
  await dialog.getByText('Together 12.00 USD').waitFor();
  await dialog.getByRole('button', { name: 'Refund' }).click();
  await page.getByText('1 × Mug, blue, back in stock').waitFor();
  const { body } = await until(
    () => ask(`${shop.origin}/orders/${id}`),
    ({ body: order }) => order.settled,
  );
  expect(body.refundedAmount).toBe(1200);
  expect(body.refundedLines).toEqual([{ productId: 'mug', quantity: 1, restock: true }]);
});

test('the view of services shows the node that runs', async () => {
  await page.goto('/inspector/services');
  const nodes = page.getByRole('region', { name: 'Nodes' });
  await nodes.getByText('answers this page').waitFor();
  await nodes.getByText('alive').waitFor();
  expect(await nodes.getByRole('row').count()).toBe(2);
  expect(errors).toEqual([]);
});
