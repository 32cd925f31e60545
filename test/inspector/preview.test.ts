import { expect, test } from 'vitest';
import { readCoverage, toCoverage } from '../../src/inspector/coverage.ts';
import { Flow } from '../../src/inspector/flow.ts';
import { preview } from '../../src/inspector/preview.ts';
import { createTimeline } from '../../src/inspector/timeline.ts';
import { suppose } from '../../src/inspector/what-if.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { chargeAll, never, openHost, sample } from '../hosts/harness.ts';

const timeline = createTimeline();

const openPaying = async () => {
  const opened = await openHost({ gateway: never });
  await opened.host.place({ ...sample, orderId: 'order-1' });
  return opened;
};
const openCompleted = async () => {
  const opened = await openHost({ gateway: chargeAll });
  await opened.host.place({ ...sample, orderId: 'order-1' });
  await opened.host.waitUntilSettled('order-1', 1000);
  return opened;
};

test('a preview says who would go where and what would be asked, and changes nothing', async () => {
  const { host } = await openPaying();
  const before = await host.received('order-1', 0, 100);
  expect(await preview(timeline, host, 'order-1', 'cancel')).toMatchObject({
    changes: expect.arrayContaining([
      { actor: 'inventory', from: 'reserved', to: 'releasing.asking' },
      expect.objectContaining({ actor: 'order', from: 'paying.charging' }),
    ]),
    calls: ['warehouse.release'],
    refusal: null,
  });
  expect(await host.received('order-1', 0, 100)).toEqual(before);
});

test('what an order does not take is refused in the preview, and an unknown order too', async () => {
  const { host } = await openCompleted();
  expect(await preview(timeline, host, 'order-1', 'cancel')).toMatchObject({
    ...{ changes: [], calls: [], refusal: 'completed.closed takes no cancel' },
  });
  expect(await preview(timeline, host, 'order-1', 'retry')).toMatchObject({ actors: [] });
  expect(await preview(timeline, host, 'order-9', 'cancel')).toMatchObject({
    refusal: 'there is no such order',
  });
});

const labelsOf = async (host: Awaited<ReturnType<typeof openHost>>['host'], version: number) =>
  (await suppose(timeline, host, 'order-1', version, []))?.possible ?? [];

test('an answer that came can come again, one that did not can come late, and neither where it is awaited', async () => {
  const { host } = await openCompleted();
  const last = (await host.get('order-1'))?.version ?? 0;
  const late = (await labelsOf(host, last)).filter(({ kind }) => kind === 'late').map(({ label }) => label);
  expect(late).toContain('gateway.charged, again');
  expect(late).toContain('gateway.declined, late');
  expect(late).toContain('mailer.sent, again');
  const { host: paying } = await openPaying();
  const awaited = await labelsOf(paying, (await paying.get('order-1'))?.version ?? 0);
  expect(awaited.filter(({ kind }) => kind === 'late')).toEqual([]);
});

test('a charge that is reported again changes nothing, and the reason is told', async () => {
  const { host } = await openCompleted();
  const last = (await host.get('order-1'))?.version ?? 0;
  const again = (await labelsOf(host, last)).find(({ label }) => label === 'gateway.charged, again');
  const [point] = (again && (await suppose(timeline, host, 'order-1', last, [again.supposed])))?.points ?? [];
  expect(point?.disposition).toBe('ignored');
  expect(point?.reason).toMatch(/\w/);
});

test('a product is held by the orders whose stock is reserved, those first that expire first', async () => {
  const [clock, store] = [createFakeClock(), createMemoryStore()];
  const flow = new Flow({ clock, readFigures: store.figures });
  const { host } = await openHost({ clock, store, gateway: never, onlooker: flow });
  await host.place({ ...sample, orderId: 'before-anyone-looked' });
  flow.look(host, {});
  await flow.learned();
  await clock.advance(1000);
  await host.place({ ...sample, orderId: 'after' });
  const { total, holders } = flow.holders('product-1', 10);
  expect(total).toBe(2);
  expect(holders.map(({ id, quantity }) => [id, quantity])).toEqual([
    ['before-anyone-looked', 2],
    ['after', 2],
  ]);
  expect((holders[1]?.until ?? 0) - (holders[0]?.until ?? 0)).toBe(1000);
  expect(flow.holders('product-9', 10)).toEqual({ total: 0, holders: [] });
});

test('a coverage report is read where there is one', async () => {
  const report = [
    '| What | Tested | Possible |',
    '| --- | --- | --- |',
    '| order: states | 20 | 21 |',
    "| payment: guards' answers | 169 | 169 |",
    '',
    'Missing:',
    '',
    '- order: cancelled',
  ].join('\n');
  expect(toCoverage(report)).toEqual([
    { chart: 'order', what: 'states', tested: 20, possible: 21, missing: ['cancelled'] },
    { chart: 'payment', what: "guards' answers", tested: 169, possible: 169, missing: [] },
  ]);
  expect(await readCoverage(['/nowhere'])).toEqual([]);
});
