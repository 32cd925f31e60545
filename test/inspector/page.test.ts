import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import pino from 'pino';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createOrderchart, type Orderchart, readSettings, type ShopService } from '../../src/main.ts';
import { post, sampleBody } from '../e2e/client.ts';
import { makeFolder } from '../e2e/server.ts';
import { chargeAll } from '../hosts/harness.ts';
import { openBrowser, openPage } from './browser.ts';
import { buildPage } from './fresh-page.ts';

/** A browser on a busy machine is slow. */
const patience = { timeout: 40_000 };
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
let folder: Awaited<ReturnType<typeof makeFolder>>;
let browser: Browser;
let visitor: BrowserContext;
let shop: Orderchart;
let origin: string;
let isMailRefused = false;
/** The bank replies when this resolves. */
let bank = Promise.withResolvers<void>();
let opened: Awaited<ReturnType<typeof openPage>>;
let page: Page;

const start = async (port: number): Promise<void> => {
  const settings = readSettings({
    DATABASE_URL: `sqlite:${join(folder.path, 'shop.db')}`,
    NOTIFICATION_ATTEMPTS: 1,
  });
  const gateway: ShopService<'gateway'> = {
    name: 'gateway',
    place: 'outside',
    answer: (call) => bank.promise.then(() => chargeAll(call)),
  };
  const mailer: ShopService<'mailer'> = {
    name: 'mailer',
    place: 'outside',
    answer: async () =>
      isMailRefused ? { type: 'mailer.failed', reason: 'refused' } : { type: 'mailer.sent' },
  };
  shop = await createOrderchart(settings, {
    services: { gateway, mailer },
    logger: pino({ level: 'silent' }),
  });
  const product = { name: 'Thing', unitPrice: 5000, currency: 'USD', onHand: 100 };
  const products = ['product-1', 'product-2'].map((productId) => ({ productId, ...product }));
  await shop.catalogue.seedProducts(products, Date.now());
  origin = await shop.api.listen({ port, host: '127.0.0.1' });
};

let placed = 0;
const place = async (customerId = 'customer-1'): Promise<string> => {
  placed += 1;
  const { body } = await post(`${origin}/orders`, { ...sampleBody, customerId }, `order-${placed}`);
  return body.id;
};
const placeSettled = async (): Promise<string> => {
  bank.resolve();
  const id = await place();
  await shop.host.waitUntilSettled(id, patience.timeout);
  return id;
};
const shown = (path: string, chart: string) =>
  page.locator(`svg[data-chart="${chart}"] [data-state="${path}"]`);

beforeAll(async () => {
  buildPage();
  folder = await makeFolder();
  await start(0);
  browser = await openBrowser();
  visitor = await browser.newContext({ baseURL: origin, viewport: { width: 1280, height: 900 } });
}, 300_000);
afterAll(async () => {
  await browser.close();
  await shop.close();
  await folder.remove();
});
beforeEach(async () => {
  isMailRefused = false;
  bank = Promise.withResolvers<void>();
  opened = await openPage(visitor);
  ({ page } = opened);
  page.setDefaultTimeout(patience.timeout);
});
afterEach(async () => {
  bank.resolve();
  await page.close();
  expect({ errors: opened.errors, elsewhere: opened.elsewhere }).toEqual({ errors: [], elsewhere: [] });
});

test('an order that is placed by the API moves through the flow and settles, without a reload', async () => {
  await page.goto('/inspector');
  const completed = shown('completed', 'order').locator('.count');
  await completed.waitFor();
  const before = Number(await completed.textContent());
  await place();
  await page.locator('svg[data-chart="order"] [data-state="paying.charging"].active').waitFor();
  bank.resolve();
  await expect.poll(async () => Number(await completed.textContent()), patience).toBeGreaterThan(before);
});

test('one order is shown live, and its timeline shows it as it was', async () => {
  const id = await place();
  await page.goto(`/inspector/orders/${id}`);
  await page.getByText('Waiting for the charge for').first().waitFor();
  bank.resolve();
  await page.locator('.summary .badge', { hasText: 'completed' }).waitFor();
  await page.locator('svg[data-chart="order"] [data-state="completed.closed"].active').waitFor();

  await page.getByRole('slider').fill('0');
  await page.locator('svg[data-chart="order"] [data-state="validating"].active').waitFor();
  expect(await page.locator('.summary .badge').textContent()).toBe('validating');
  expect(page.url()).toContain(`/inspector/orders/${id}?at=1`);
  await page.reload();
  expect(await page.locator('.summary .badge').textContent()).toBe('validating');
});

test('what-if shows where another reply would lead, and changes nothing', async () => {
  const id = await placeSettled();
  const messages = await shop.host.received(id, 0, 100);
  await page.goto(`/inspector/orders/${id}?at=3`);
  await page.getByRole('button', { name: 'gateway.declined' }).click();
  await page.locator('svg[data-chart="payment"] [data-state="cancelled"].active').waitFor();
  await page.getByText('What if: after 1 hypothetical message').waitFor();
  await page.getByRole('button', { name: 'gateway.declined, again' }).click();
  await page.getByRole('listitem').filter({ hasText: 'gateway.declined, again ignored:' }).waitFor();
  await page.getByRole('button', { name: 'Back to the actual order' }).click();
  await page.locator('svg[data-chart="payment"] [data-state="charging.asking"].active').waitFor();
  expect(await shop.host.received(id, 0, 100)).toEqual(messages);
});

test('an incident is resolved with a note', async () => {
  isMailRefused = true;
  bank.resolve();
  const id = await place();
  await shop.host.waitUntilSettled(id, patience.timeout);
  await page.goto('/inspector/incidents');
  const row = page.getByRole('listitem', { name: `Incident of ${id}` });
  await row.getByText('the notice cannot be sent').waitFor();
  await row.getByRole('button', { name: 'Resolve notification' }).click();
  await row.getByRole('dialog').getByLabel('Note').fill('called the customer');
  await row.getByRole('dialog').getByRole('button', { name: 'Resolve notification' }).click();
  await page.getByText('No open incidents').waitFor();
  const closed = (await shop.host.history(id, 0, 100)).find(({ type }) => type === 'incident.closed');
  expect(closed?.data).toMatchObject({ how: 'resolved', outcome: 'sent', note: 'called the customer' });
});

test('incidents are retried in bulk after a preview of what will be tried again', async () => {
  isMailRefused = true;
  bank.resolve();
  const orders = await Promise.all([place(), place(), place()]);
  await Promise.all(orders.map((id) => shop.host.waitUntilSettled(id, patience.timeout)));
  await page.goto('/inspector/incidents');
  await page.getByRole('listitem', { name: 'Incident of' }).nth(2).waitFor();
  isMailRefused = false;
  await page.getByRole('button', { name: 'Retry all' }).click();
  const preview = page.getByRole('list', { name: 'Preview' });
  await preview
    .getByText('3 × notification: sending.needsAttention → sending.asking – calls mailer.send')
    .waitFor();
  expect((await shop.host.get(orders[0] ?? ''))?.incidents).toHaveLength(1);
  await page.getByRole('dialog').getByLabel('Note').fill('the mailbox is empty again');
  await page.getByRole('button', { name: 'Retry (3)' }).click();
  await page.getByText('3 of 3 done').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByText('No open incidents').waitFor();
  const views = await Promise.all(orders.map((id) => shop.host.waitUntilSettled(id, patience.timeout)));
  expect(views.map((view) => view?.settled)).toEqual([true, true, true]);
});

test('of the orders in a state those of one customer are cancelled in bulk, the others go on', async () => {
  const [ours, theirs] = [await place('customer-2'), await place('customer-1')];
  await page.goto('/inspector?state=paying.charging');
  const orders = page.getByRole('region', { name: 'Orders in paying.charging' });
  await orders.getByLabel(`Select ${theirs}`).waitFor();
  await page.getByText('Filter', { exact: true }).click();
  await page.getByLabel('Customer', { exact: true }).fill('customer-2');
  await page.getByRole('button', { name: 'Apply' }).click();
  await orders.getByLabel(`Select ${theirs}`).waitFor({ state: 'detached' });
  await orders.getByLabel('Select all 1').check();
  await orders.getByRole('button', { name: 'Cancel order (1)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel order (1)' });
  await dialog.getByText('1 × order: paying.charging → compensating').waitFor();
  await dialog.getByLabel('Reason').fill('out of season');
  await dialog.getByRole('button', { name: 'Cancel order (1)' }).click();
  await dialog.getByText('1 of 1 done').waitFor();
  expect((await shop.host.get(ours))?.state).toBe('compensating');
  expect((await shop.host.get(theirs))?.state).toBe('paying');
});

test('a product shows which orders reserve it, and when that expires', async () => {
  const id = await place();
  await page.goto('/inspector/products/product-1');
  const reservations = page.getByRole('region', { name: 'Reservations of product-1' });
  await reservations
    .locator(`a[href="/inspector/orders/${id}"]`)
    .getByText(/expires at .*, in /)
    .waitFor();
});

test('a chart shows its matrix and can be downloaded in three formats', async () => {
  await page.goto('/inspector/charts/payment');
  await page.locator('svg[data-chart="payment"]').waitFor();
  await page.getByRole('cell', { name: 'charged', exact: false }).first().waitFor();
  const contents: Record<string, string> = {};
  for (const name of ['SVG', 'Mermaid', 'XState JSON']) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ]);
    contents[download.suggestedFilename()] = await readFile(await download.path(), 'utf8');
  }
  expect(contents['payment.svg']).toContain('xmlns="http://www.w3.org/2000/svg"');
  expect(contents['payment.mmd']).toContain('lookingUp__needsAttention --> charged : incident.resolve');
  expect(JSON.parse(contents['payment.json'] ?? '')).toHaveProperty('states.charging');
});

test('the page shows that the server is down, and resumes when it is up again', async () => {
  const id = await placeSettled();
  await page.goto(`/inspector/orders/${id}`);
  await page.locator('.connection.live').waitFor();
  await page.locator('.mark').first().waitFor();
  await shop.close();
  await page.locator('.connection.offline').waitFor();
  await start(Number(new URL(origin).port));
  await page.locator('.connection.live').waitFor();
  const points = await page.locator('.mark').count();
  expect(points).toBe((await shop.host.received(id, 0, 100)).length);
});

test('a move without a response takes effect once when it is repeated', async () => {
  const id = await placeSettled();
  await page.goto(`/inspector/orders/${id}`);
  await page.getByRole('button', { name: 'Refund', exact: true }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('it was broken');
  await page.locator('.connection.live').waitFor();
  await shop.close();
  const repeat = dialog.getByRole('button', { name: 'Refund', exact: true });
  await repeat.click();
  await dialog.getByRole('alert').getByText('No response from the server').waitFor();
  await start(Number(new URL(origin).port));
  await repeat.click();
  await dialog.waitFor({ state: 'hidden' });
  const refunds = (await shop.host.received(id, 0, 100)).filter(({ type }) => type === 'order.refund');
  expect(refunds.map(({ disposition }) => disposition)).toEqual(['applied']);
});

test('the main path needs no mouse', async () => {
  const id = await place();
  await page.goto('/inspector');
  await shown('paying.charging', 'order').and(page.locator('.active')).waitFor();
  await shown('paying.charging', 'order').focus();
  await page.keyboard.press('Enter');
  await page.locator(`a[href="/inspector/orders/${id}"]`).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('slider').focus();
  await page.keyboard.press('Home');
  await page.getByText('As it was at').waitFor();
  await page.getByRole('region', { name: 'What if' }).getByRole('button', { name: 'Cancel order' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('What if: after').waitFor();
});

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const runAxe = `axe.run(document).then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')))`;

test.each(['light', 'dark'] as const)('axe finds nothing serious on any view in %s', async (colorScheme) => {
  const id = await placeSettled();
  await page.emulateMedia({ colorScheme });
  const found: unknown[] = [];
  for (const address of ['', '/incidents', '/products', '/charts/notification', `/orders/${id}`]) {
    await page.goto(`/inspector${address}`);
    await page
      .locator(address.includes('/incidents') || address.includes('/products') ? 'h1' : 'svg.picture')
      .first()
      .waitFor();
    await page.locator('.connection.live').waitFor();
    await page.evaluate(axe);
    const problems: unknown = await page.evaluate(runAxe);
    if (Array.isArray(problems) && problems.length > 0) found.push({ address, problems });
  }
  expect(found).toEqual([]);
});

test('the page may load nothing but its own files, and an unknown order is 404', async () => {
  const answer = await shop.api.inject('/inspector/orders/whatever');
  const policy = String(answer.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect((await shop.api.inject('/inspector/api/orders/unknown/live')).statusCode).toBe(404);
  expect((await shop.api.inject('/')).json()).toMatchObject({
    inspector: '/inspector',
    documentation: '/docs',
  });
});
