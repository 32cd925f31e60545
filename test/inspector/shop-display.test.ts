import { expect, test } from 'vitest';
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
