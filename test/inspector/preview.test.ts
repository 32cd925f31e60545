import { expect, test } from 'vitest';
import { messages, messageTypes } from '../../machines/messages.ts';
import type { Messages } from '../../src/application.ts';
import { toExample } from '../../src/example-messages.ts';
import { readCoverage, toCoverage } from '../../src/inspector/server/coverage.ts';
import { Flow } from '../../src/inspector/server/flow.ts';
import { Pace } from '../../src/inspector/server/pace.ts';
import { preview } from '../../src/inspector/server/preview.ts';
import { createTimeline } from '../../src/inspector/server/timeline.ts';
import { followWhatIf } from '../../src/inspector/server/what-if.ts';
import { shop } from '../../src/shop/shop.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { chargeAll, never, openHost, sample } from '../hosts/harness.ts';

const parts = { application: shop, timeline: createTimeline(shop), outside: ['gateway', 'mailer'] };

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

test('a preview says which actors change their state and what they call, and changes nothing', async () => {
  const { host } = await openPaying();
  const before = await host.received('order-1', 0, 100);
  expect(await preview(parts, host, 'order-1', 'cancel')).toMatchObject({
    changes: expect.arrayContaining([
      { actor: 'inventory', from: 'reserved', to: 'releasing.asking' },
      expect.objectContaining({ actor: 'order', from: 'paying.charging' }),
    ]),
    calls: ['warehouse.release'],
    refusal: null,
  });
  expect(await host.received('order-1', 0, 100)).toEqual(before);
});

test('a move that an order does not accept is refused in the preview, and so is an unknown order', async () => {
  const { host } = await openCompleted();
  expect(await preview(parts, host, 'order-1', 'cancel')).toMatchObject({
    ...{ changes: [], calls: [], refusal: 'completed.closed does not accept cancel' },
  });
  expect(await preview(parts, host, 'order-1', 'retry')).toMatchObject({ actors: [] });
  expect(await preview(parts, host, 'order-9', 'cancel')).toMatchObject({
    refusal: 'there is no such order',
  });
});

const labelsOf = async (host: Awaited<ReturnType<typeof openHost>>['host'], version: number) =>
  (await followWhatIf(parts, host, 'order-1', { version, hypotheticals: [] }, new Pace()))?.possible ?? [];

test('a reply that came can come again, one that did not can come late, and neither while it is awaited', async () => {
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

test('every reply that can be tried, and every other message, fits its declaration', () => {
  const known = (name: string) => (name === 'currency' ? 'USD' : undefined);
  const declared: Messages = messages;
  const replies = messageTypes.flatMap((type) => declared[type]?.call?.replies ?? []);
  const misfits = [...messageTypes.map((type) => ({ type })), ...replies].flatMap(({ type, ...given }) => {
    const { type: _, ...payload } = toExample(messages, type, given, known);
    const problem = declared[type]?.payload.safeParse(payload).error;
    return problem === undefined ? [] : [`${type}: ${problem.message}`];
  });
  expect(misfits).toEqual([]);
});

test('a charge that is reported again changes nothing, and the reason is given', async () => {
  const { host } = await openCompleted();
  const last = (await host.get('order-1'))?.version ?? 0;
  const again = (await labelsOf(host, last)).find(({ label }) => label === 'gateway.charged, again');
  const hypotheticals = again ? [again.hypothetical] : [];
  const [point] =
    (await followWhatIf(parts, host, 'order-1', { version: last, hypotheticals }, new Pace()))?.points ?? [];
  expect(point?.disposition).toBe('ignored');
  expect(point?.reason).toMatch(/\w/);
});

test('a refund can be tried by amount and of every line, and both are taken', async () => {
  const { host } = await openCompleted();
  const last = (await host.get('order-1'))?.version ?? 0;
  const refunds = (await labelsOf(host, last)).filter(({ label }) => label.startsWith('Refund'));
  expect(refunds.map(({ label }) => label)).toEqual(['Refund', 'Refund: every line']);
  for (const { hypothetical } of refunds) {
    const request = { version: last, hypotheticals: [hypothetical] };
    const followed = await followWhatIf(parts, host, 'order-1', request, new Pace());
    expect(followed?.points.map(({ disposition }) => disposition)).toEqual(['applied']);
  }
});

test('the holders of a product are the orders that reserved stock of it, those first that expire first', async () => {
  const [clock, store] = [createFakeClock(), createMemoryStore()];
  const flow = new Flow({ application: shop, clock, readFigures: store.figures });
  const { host } = await openHost({ clock, store, gateway: never, observer: flow });
  await host.place({ ...sample, orderId: 'before-it-was-opened' });
  flow.open(host, {});
  await flow.loaded();
  await clock.advance(1000);
  await host.place({ ...sample, orderId: 'after' });
  const { total, holders } = flow.holders('product-1', 10);
  expect(total).toBe(2);
  expect(holders.map(({ id, quantity }) => [id, quantity])).toEqual([
    ['before-it-was-opened', 2],
    ['after', 2],
  ]);
  expect((holders[1]?.until ?? 0) - (holders[0]?.until ?? 0)).toBe(1000);
  expect(flow.holders('product-9', 10)).toEqual({ total: 0, holders: [] });
});

test('a coverage report is read when there is one', async () => {
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
