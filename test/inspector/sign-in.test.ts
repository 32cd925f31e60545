// The inspector of a service with keys, in a real browser: who is signed in, what is offered to them, and what happens when
// their session ends while the page is open.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Scope } from '../../src/access.ts';
import { ask } from '../e2e/client.ts';
import { openBrowser, openPage } from './browser.ts';
import { openShop, type Shop } from './busy-shop.ts';
import { buildPage } from './fresh-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
/** The notice of the first is always refused, after it was paid; the bank never answers for the second. */
const [withIncident, inFlight, last] = ['order-000011', 'order-000012', 12];

let browser: Browser;
let shop: Shop;
let visitor: BrowserContext;
let page: Page;
beforeAll(async () => {
  buildPage();
  browser = await openBrowser();
  shop = await openShop({
    bankMs: (number) => (number === last ? Number.POSITIVE_INFINITY : 0),
    mailMs: 0,
    hasFailures: true,
  });
  await shop.place(last);
}, 300_000);
afterAll(async () => {
  await browser.close();
  await shop.close();
});
beforeEach(async () => {
  visitor = await browser.newContext({ baseURL: shop.origin, viewport: { width: 1280, height: 900 } });
  ({ page } = await openPage(visitor));
});
afterEach(() => visitor.close());

const makeKey = async (principal: string, scopes: readonly Scope[], owner: string | null = null) => {
  const wish = { principal, scopes, owner, expiresAt: null, requestsPerMinute: null, refundsPerDay: null };
  const { key, token } = await shop.keys.create(wish);
  return { id: key.keyId, token };
};
const paste = async (token: string, into = page): Promise<void> => {
  await into.getByLabel('Key').fill(token);
  await into.getByRole('button', { name: 'Sign in' }).click();
};
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const whoIs = (principal: string) =>
  page.getByRole('region', { name: 'Signed in' }).getByText(principal, { exact: true });
const signIn = async (principal: string, scopes: readonly Scope[], address: string) => {
  const key = await makeKey(principal, scopes);
  await page.goto(address);
  await paste(key.token);
  await whoIs(principal).waitFor();
  return key;
};
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const addressOf = (): string => {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
};

test('without keys nobody is signed in and every action is offered, and the first key leads to signing in', async () => {
  await page.goto(`/inspector/orders/${withIncident}`);
  for (const name of ['Retry notification', 'Resolve notification', 'Refund'])
    await button(name).first().waitFor();
  await page.goto('/inspector/incidents');
  await button('Retry all').waitFor();
  await page.goto('/inspector');
  await page.getByText('live', { exact: true }).waitFor();
  expect(await page.getByRole('region', { name: 'Signed in' }).count()).toBe(0);
  expect(await button('Sign out').count()).toBe(0);
  expect(await page.getByText('Not with your key').count()).toBe(0);
  await makeKey('first', ['orders:read']);
  await page.waitForURL('**/sign-in?to=%2Finspector');
});

test('a wrong key is refused in words, and signs nobody in', async () => {
  await page.goto('/inspector');
  await paste('oc_0123456789abcdef_wrong');
  await page.getByRole('alert').getByText('This key is not valid').waitFor();
  expect(addressOf()).toBe('/sign-in?to=%2Finspector');
  expect(await visitor.cookies()).toEqual([]);
});

test.each([
  ['orders:cancel', [], ['Retry notification', 'Resolve notification', 'Refund']],
  ['money', ['Refund'], ['Retry notification', 'Resolve notification']],
  ['incidents', ['Retry notification', 'Resolve notification'], ['Refund']],
] as const)(
  'a key with %s is offered its actions of an order, and told of the others',
  async (scope, offered, others) => {
    await signIn(
      `may-${scope.replace(':', '-')}`,
      ['orders:read', scope],
      `/inspector/orders/${withIncident}`,
    );
    const text = page.getByText(/^Not with your key: /).first();
    await text.waitFor();
    const buttons = page.getByRole('region', { name: 'Summary' }).getByRole('button');
    expect((await buttons.allTextContents()).toSorted()).toEqual([...offered].toSorted());
    for (const name of others) expect(await text.textContent()).toContain(`${name} (needs the scope `);
    await page.goto('/inspector/incidents');
    await page.getByRole('listitem', { name: `Incident of ${withIncident}` }).waitFor();
    expect(await button('Retry all').count()).toBe(scope === 'incidents' ? 1 : 0);
  },
);

test('orders are selected and moved in bulk only by a key that may', async () => {
  await signIn('reader', ['orders:read'], '/inspector?state=paying');
  const list = page.getByRole('region', { name: 'Orders in paying' });
  await list.getByText('Not with your key: Cancel order (needs the scope orders:cancel)').waitFor();
  await list.getByRole('link', { name: 'order-000012' }).or(list.getByRole('listitem')).first().waitFor();
  expect(await list.getByRole('checkbox').count()).toBe(0);
  expect(await list.getByRole('button').count()).toBe(0);
  await button('Sign out').click();
  await page.waitForURL('**/sign-in');
  await signIn('canceller', ['orders:read', 'orders:cancel'], '/inspector?state=paying');
  await list.getByLabel(`Select ${inFlight}`).check();
  await list.getByRole('button', { name: 'Cancel order (1)' }).waitFor();
  expect(await list.getByRole('button').allTextContents()).toEqual(['Cancel order (1)']);
});

test('what the key does not allow any more is refused in words, and no longer offered', async () => {
  await signIn('wide', ['orders:read', 'money'], `/inspector/orders/${withIncident}`);
  await button('Refund').first().click();
  // The page does not hear of the new session before it is refused.
  await page.route('**/session', (route) => route.abort());
  const narrow = await makeKey('narrow', ['orders:read']);
  const other = await visitor.newPage();
  await other.goto('/sign-in');
  await paste(narrow.token, other);
  await other.getByText('live', { exact: true }).waitFor();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Refund' }).click();
  await dialog.getByRole('alert').getByText('This needs a key with the scope money').waitFor();
  await page.unroute('**/session');
  await dialog.getByRole('button', { name: 'Refund' }).click();
  await whoIs('narrow').waitFor();
  await page.getByText('Refund (needs the scope money)').waitFor();
  expect((await ask(`${shop.origin}/orders/${withIncident}`, bearer(narrow.token))).body.refundedAmount).toBe(
    0,
  );
});

test('what may not be read any more is said in words, and shown again with a key that may', async () => {
  await signIn('reader-3', ['orders:read'], '/inspector/incidents');
  await page.getByText('live', { exact: true }).waitFor();
  const other = await visitor.newPage();
  await other.goto('/sign-in');
  await paste((await makeKey('placer-2', ['orders:place'])).token, other);
  const refusal = page.getByRole('alert').getByText('This needs a key with the scope orders:read');
  await refusal.waitFor();
  await paste((await makeKey('reader-3', ['orders:read'])).token, other);
  await refusal.waitFor({ state: 'detached' });
  await page.getByText('live', { exact: true }).waitFor();
  await page.getByRole('listitem', { name: `Incident of ${withIncident}` }).waitFor();
});

test.each([
  ['a stream', '/inspector?owner=ada', '**/inspector/api/{incidents,application}'],
  ['a request', '/inspector/incidents', '**/inspector/api/live*'],
])(
  'a session that ends is noticed by %s, and signing in leads back to the same view',
  async (_, address, blocked) => {
    const key = await signIn('ada', ['orders:read'], address);
    await page.getByText('live', { exact: true }).waitFor();
    await visitor.route(blocked, (route) => route.abort());
    await shop.keys.revoke(key.id);
    await page.waitForURL('**/sign-in?to=*');
    await visitor.unroute(blocked);
    await paste((await makeKey('ada', ['orders:read'])).token);
    await whoIs('ada').waitFor();
    expect(addressOf()).toBe(address);
    await page.getByText('live', { exact: true }).waitFor();
  },
);

test('signing out ends the session on the server, too', async () => {
  await signIn('leaver', ['orders:read'], '/inspector');
  const [cookie] = await visitor.cookies();
  const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
  expect((await ask(`${shop.origin}/session`, { headers })).status).toBe(200);
  await button('Sign out').click();
  await page.waitForURL('**/sign-in');
  expect(await visitor.cookies()).toEqual([]);
  expect((await ask(`${shop.origin}/session`, { headers })).status).toBe(401);
  await page.goto('/inspector/charts');
  expect(addressOf()).toBe('/sign-in?to=%2Finspector%2Fcharts');
});

test.each([
  ['without orders:read', ['orders:place'], null, 'This needs a key with the scope orders:read'],
  ['that is bound to a customer', ['orders:read'], 'ada', 'This needs a key that is not bound to a customer'],
] as const)(
  'a key %s is told so where it signs in, and another one opens the page',
  async (_, scopes, owner, text) => {
    const { token } = await makeKey(owner === null ? 'placer' : 'customer', scopes, owner);
    await page.goto('/inspector/charts');
    await paste(token);
    await page.getByText(text).waitFor();
    await paste((await makeKey('reader-2', ['orders:read'])).token);
    await whoIs('reader-2').waitFor();
    expect(addressOf()).toBe('/inspector/charts');
  },
);

test('a page whose session cannot be read asks for it now and then, and shows what it was refused once it may', async () => {
  await signIn('patient', ['orders:read'], '/inspector/charts');
  let [asked, tries] = [0, 0];
  const refuse = { status: 403, json: { title: 'No', detail: 'Not now.' } };
  await page.route('**/session', (route) => {
    asked += 1;
    return route.fulfill(refuse);
  });
  await page.route('**/inspector/api/application', (route) => {
    tries += 1;
    return route.fulfill(refuse);
  });
  await page.reload();
  await page.getByRole('alert').getByText('No. Not now.').waitFor();
  await vi.waitUntil(() => tries > 1, { timeout: 30_000 });
  expect(asked).toBeLessThan(10);
  await page.unrouteAll();
  await page.locator('svg[data-chart="order"]').first().waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('signing in leads to no other site', async () => {
  for (const to of ['//example.com/x', 'https://example.com/x', '/\\example.com', '\\\\example.com']) {
    await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
    await paste((await makeKey('wanderer', ['orders:read'])).token);
    await whoIs('wanderer').waitFor();
    expect(addressOf()).toBe('/inspector');
  }
});
