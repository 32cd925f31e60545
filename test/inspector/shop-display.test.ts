import { expect, test } from 'vitest';
import { versionsOf } from '../../src/application.ts';
import { readCharts } from '../../src/inspector/server/charts.ts';
import { shopDisplay } from '../../src/shop/display.ts';
import { toOutcome } from '../../src/shop/outcome.ts';
import { shop } from '../../src/shop/shop.ts';
import { chargeAll, openHost, sample } from '../hosts/harness.ts';

const charts = readCharts(shop);
const paths = charts.flatMap(({ name, nodes }) => nodes.map(({ path }) => `${name} ${path}`));

test('the words of the shop are about states and incidents that its charts have', () => {
  const described = Object.entries(shopDisplay.states ?? {}).flatMap(([actor, texts]) =>
    Object.keys(texts).map((path) => `${actor} ${path}`),
  );
  const toned = Object.keys(shopDisplay.tones ?? {}).map((path) => `order ${path}`);
  expect([...described, ...toned].filter((path) => !paths.includes(path))).toEqual([]);
  const definitions = JSON.stringify(charts.map(({ definition }) => definition));
  const reasons = Object.keys(shopDisplay.incidents ?? {});
  expect(reasons.filter((reason) => !definitions.includes(`"${reason}"`))).toEqual([]);
});

/** Those in which actors are; an incident has the words of its reason. */
const resting = charts.flatMap(({ name, version, nodes }) =>
  nodes
    .filter(({ kind, tone }) => (kind === 'atomic' || kind === 'final') && tone !== 'incident')
    .map(({ path }) => ({ name, version, path })),
);

test('every state of the charts has words of its own, in each version', () => {
  const bare = resting.filter(({ name, path }) => shopDisplay.states?.[name]?.[path] === undefined);
  expect(bare).toEqual([]);
});

test('every incident of the charts has words of its own', () => {
  const definitions = JSON.stringify(charts.map(({ definition }) => definition));
  const reasons = [...definitions.matchAll(/"incident":\{"reason":"([^"]+)"/g)].map(([, reason]) => reason);
  expect(reasons.length).toBeGreaterThan(10);
  expect(reasons.filter((reason = '') => shopDisplay.incidents?.[reason] === undefined)).toEqual([]);
});

test('every message of the charts has words, and every deadline', () => {
  const types = [...versionsOf(shop).values()].flatMap(({ messages }) => Object.keys(messages));
  expect(types.filter((type) => shopDisplay.messages?.[type] === undefined)).toEqual([]);
  expect(Object.keys(shopDisplay.messages ?? {}).filter((type) => !types.includes(type))).toEqual([]);
  const names = [...versionsOf(shop).values()].flatMap((version) =>
    Object.values(version.charts).flatMap(({ implementations }) => Object.keys(implementations.delays)),
  );
  expect(new Set(Object.keys(shopDisplay.deadlines ?? {}))).toEqual(new Set(names));
});

const settle = async (parts: Parameters<typeof openHost>[0] = {}, basket = sample) => {
  const { host } = await openHost(parts);
  await host.place({ ...basket, orderId: 'order-1' });
  await host.waitUntilSettled('order-1', 1000);
  const read = async () => {
    const view = await host.get('order-1');
    return view && toOutcome(view, await host.received('order-1', 0, 100));
  };
  return { host, read };
};

test('a declined order says why, with the code of the bank, and what was undone', async () => {
  const { read } = await settle({ gateway: () => ({ type: 'gateway.declined', code: 'card-declined' }) });
  expect(await read()).toBe('Failed: the bank declined the payment (card-declined). Stock released.');
});

test('a rejected order says which product is the problem', async () => {
  const [item] = sample.items;
  const items = item ? [{ ...item, productId: 'product-9' }] : [];
  const { read } = await settle({}, { ...sample, items, amount: 10_000 });
  expect(await read()).toBe('Rejected: product-9 is not in the catalogue.');
});

test('a completed order says what was paid, and what was refunded since', async () => {
  const { host, read } = await settle({ gateway: chargeAll });
  expect(await read()).toBe('Completed: 175.00 USD paid.');
  const message = { type: 'order.refund', refundId: '1', amount: 5000, reason: 'broken' };
  await host.send({ orderId: 'order-1', to: 'order', message, otherwise: 'refuse' });
  await host.waitUntilSettled('order-1', 1000);
  expect(await read()).toBe('Completed: 175.00 USD paid. 50.00 USD refunded.');
});
