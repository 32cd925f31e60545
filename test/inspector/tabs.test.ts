// Several tabs of one browser: they share one connection to the server, of which HTTP/1.1 has six.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openBrowser, openPage } from './browser.ts';
import { openShop, type Shop } from './busy-shop.ts';
import { buildPage } from './fresh-page.ts';

const patience = { timeout: 60_000 };
const tabCount = 8;
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
let browser: Browser;
let shop: Shop;
/** Streams of the inspector that are open now, by address. */
const streams = new Set<{ readonly url: string }>();

beforeAll(async () => {
  buildPage();
  shop = await openShop({
    bankMs: () => Number.POSITIVE_INFINITY,
    mailMs: 0,
    hasFailures: false,
  });
  shop.api.server.on('request', ({ url = '' }, response) => {
    if (!/^\/inspector\/api\/(?:live|shared-live|orders\/[^/]+\/live)/.test(url)) return;
    const stream = { url };
    streams.add(stream);
    response.once('close', () => streams.delete(stream));
  });
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser.close();
  await shop.close();
});

const openTabs = async (visitor: BrowserContext, paths: readonly string[]) => {
  const tabs = [];
  for (const path of paths) {
    const tab = await openPage(visitor);
    await tab.page.goto(shop.origin + path);
    tabs.push(tab);
  }
  return tabs;
};
const connectionOf = (page: Page) => page.locator('output.connection').innerText();
const expectAllLive = (tabs: readonly { readonly page: Page }[]) =>
  expect
    .poll(async () => await Promise.all(tabs.map(({ page }) => connectionOf(page))), patience)
    .toEqual(tabs.map(() => 'live'));
const inProgress = (page: Page) => page.locator('.figure').first().locator('b').innerText();

test('eight tabs of the flow are live over one connection, and all see the next order', async () => {
  await using visitor = await browser.newContext();
  const tabs = await openTabs(
    visitor,
    Array.from({ length: tabCount }, () => '/inspector'),
  );
  await expectAllLive(tabs);
  const [first] = tabs;
  if (first === undefined) throw new Error('there is no tab');
  const before = Number(await inProgress(first.page));
  await shop.place(3);
  await expect
    .poll(async () => await Promise.all(tabs.map(({ page }) => inProgress(page))), patience)
    .toEqual(tabs.map(() => String(before + 3)));
  expect(streams.size).toBe(1);
  await expectAllLive(tabs);
  expect(tabs.flatMap(({ errors, elsewhere }) => [...errors, ...elsewhere])).toEqual([]);
});

test('eight tabs of eight orders are live over one connection, each with its points', async () => {
  await using visitor = await browser.newContext();
  const ids = await shop.place(tabCount);
  const tabs = await openTabs(
    visitor,
    ids.map((id) => `/inspector/orders/${id}`),
  );
  await expectAllLive(tabs);
  for (const [index, { page }] of tabs.entries()) {
    const orderId = ids[index] ?? '';
    await shop.host.send({
      orderId,
      to: 'order',
      message: { type: 'order.cancel', reason: 'asked by the customer' },
      otherwise: 'refuse',
    });
    const state = page.getByLabel('Chart order').locator('.badge');
    await expect.poll(() => state.innerText(), patience).toMatch(/^(?:compensating|cancelled)/);
  }
  expect(streams.size).toBe(1);
  expect(tabs.flatMap(({ errors, elsewhere }) => [...errors, ...elsewhere])).toEqual([]);
});

test('the connection carries what open tabs show, and ends with the last of them', async () => {
  await using visitor = await browser.newContext();
  const [id = ''] = await shop.place(1);
  const [flow, order] = await openTabs(visitor, ['/inspector', `/inspector/orders/${id}`]);
  if (flow === undefined || order === undefined) throw new Error('there is no tab');
  await expectAllLive([flow, order]);
  const wanted = () => [...streams].map(({ url }) => url.includes(id));
  await expect.poll(wanted, patience).toEqual([true]);
  await order.page.close({ runBeforeUnload: true });
  await expect.poll(wanted, patience).toEqual([false]);
  await expectAllLive([flow]);
  await flow.page.close({ runBeforeUnload: true });
  await expect.poll(wanted, patience).toEqual([]);
});

test('without a worker that tabs can share, a tab connects by itself', async () => {
  await using visitor = await browser.newContext();
  await visitor.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  const tabs = await openTabs(visitor, ['/inspector', '/inspector']);
  await expectAllLive(tabs);
  expect(streams.size).toBe(2);
});
