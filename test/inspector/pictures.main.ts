// Takes screenshots of the inspector: by default the three of the README, with `--all FOLDER` every view in light and
// dark, wide and narrow, with no orders, one, and ten thousand. It checks nothing.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { openShop, type Shop } from './busy-shop.ts';

const { values } = parseArgs({ options: { all: { type: 'string' }, orders: { type: 'string' } } });
const images = resolve(import.meta.dirname, '../../docs/images');
const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 844 };
type Scheme = 'light' | 'dark';
/** A bank that takes 40 to 700 ms, or so many times that. */
const slowly = (times: number) => ({
  bankMs: (number: number) => (40 + ((number * 97) % 660)) * times,
  mailMs: 60,
  hasFailures: true,
});

const open = (browser: Browser, shop: Shop, colorScheme: Scheme, viewport = wide, scale = 1): Promise<Page> =>
  browser.newPage({ baseURL: shop.origin, colorScheme, viewport, deviceScaleFactor: scale });

/** @param ms how long the page runs before the screenshot */
const openView = async (page: Page, address: string, ms = 2500): Promise<void> => {
  await page.goto(address);
  await page.locator('.connection.live').waitFor();
  const isDrawn = /^\/inspector(?:\?|$)|orders|charts/.test(address);
  if (isDrawn) await page.locator('svg.picture .state').first().waitFor();
  await page.waitForTimeout(ms);
};

/** Places orders until it is stopped. */
const keepBusy = (shop: Shop, perSecond: number): (() => void) => {
  const timer = setInterval(() => void shop.place(Math.max(1, Math.round(perSecond / 10))), 100);
  return () => clearInterval(timer);
};

const takeReadmePictures = async (browser: Browser): Promise<void> => {
  const shop = await openShop(slowly(12));
  const stop = keepBusy(shop, 60);
  const page = await open(browser, shop, 'light');
  await page.setViewportSize({ width: 1280, height: 672 });
  await openView(page, '/inspector', 25_000);
  await page.screenshot({ path: join(images, 'inspector-flow.png') });
  await page.setViewportSize({ width: 1280, height: 1000 });
  const ids = await shop.place(400);
  await openView(page, `/inspector/orders/${ids.find(isRetried)}`, 11_000);
  await page.screenshot({ path: join(images, 'inspector-order.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await openView(page, '/inspector/charts/payment');
  await page.screenshot({ path: join(images, 'inspector-chart.png') });
  stop();
  await page.close();
  await shop.close();
};

/** The bank takes long for one of these, and then is busy. */
const isRetried = (id: string): boolean => {
  const number = Number(id.slice(-6));
  return number % 40 === 7 && (number * 97) % 660 > 400;
};

const takeAll = async (browser: Browser, folder: string): Promise<void> => {
  for (const count of (values.orders ?? '0,1,10000').split(',').map(Number)) {
    const shop = await openShop(slowly(count > 1 ? 60 : 1));
    const ids = await shop.place(count);
    const stop = count > 1 ? keepBusy(shop, 30) : () => {};
    const views = ['', '?state=paying', 'incidents', 'products', 'charts', ...toOrders(ids)];
    for (const scheme of ['light', 'dark'] as const) {
      for (const viewport of [wide, narrow]) {
        const page = await open(browser, shop, scheme, viewport);
        for (const view of views) {
          await openView(page, `/inspector${view.startsWith('?') || view === '' ? '' : '/'}${view}`);
          const name = view.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '') || 'flow';
          const path = join(folder, `${count}-${scheme}-${viewport.width}-${name}.png`);
          await page.screenshot({ path, fullPage: true });
        }
        await page.close();
      }
    }
    stop();
    await shop.close();
  }
};
const toOrders = (ids: readonly string[]): readonly string[] => ids.slice(-1).map((id) => `orders/${id}`);

const browser = await openBrowser();
await (values.all === undefined ? takeReadmePictures(browser) : takeAll(browser, resolve(values.all)));
await browser.close();
