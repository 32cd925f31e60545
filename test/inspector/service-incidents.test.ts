// Incidents whose subject is a service, as the page lists them beside those of orders.
import { expect, test, vi } from 'vitest';
import { openEndpoint } from '../api/webhook-endpoints.ts';
import { post } from '../e2e/client.ts';
import { openBrowser, openPage } from './browser.ts';
import { openShop } from './busy-shop.ts';
import { buildPage } from './fresh-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

test('an incident of a service is listed with its text until it is over', async () => {
  buildPage();
  await using opened = await open();
  const { page, shop } = opened;
  const endpoint = await openEndpoint(410);
  const { body } = await post(`${shop.origin}/webhooks`, { url: endpoint.url });
  await shop.place(1);
  await page.goto('/inspector/incidents');
  const row = page.getByRole('listitem', { name: 'Incident of the service webhooks' });
  await row.getByText('A webhook endpoint is dead').waitFor();
  expect(await page.getByText('No open incidents').count()).toBe(0);
  await post(`${shop.origin}/webhooks/${body.webhook.id}/remove`, {});
  await page.getByText('No open incidents').waitFor();
});

const open = async () => {
  const browser = await openBrowser();
  const shop = await openShop({ bankMs: () => 0, mailMs: 0, hasFailures: false });
  const { page } = await openPage(await browser.newContext({ baseURL: shop.origin }));
  const close = async () => {
    await browser.close();
    await shop.close();
  };
  return { page, shop, [Symbol.asyncDispose]: close };
};
