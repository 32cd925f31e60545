// Orders of the shop on version 1 after their node was upgraded: each goes on with its own charts, which speak to today's
// people and services through their translator; new orders start on the newest version.
import { expect, test } from 'vitest';
import { newestVersion } from '../../machines/registry.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { shop } from '../../src/shop/shop.ts';
import { openScratchStore } from '../../src/stores/sqlite-scratch.ts';
import { shopOfVersion1 } from '../released-shop.ts';
import {
  type Answer,
  chargeAll,
  createCounter,
  never,
  type OpenHost,
  openHost,
  place,
  settle,
  settleNow,
  shut,
  widgets,
} from './harness.ts';

interface Gateways {
  readonly before?: Answer<'gateway'>;
  readonly after?: Answer<'gateway'>;
}

/** An order that a node of release 0.1.0 took, and the node that came after it. */
const upgrade = async ({ before: first = never, after: second = chargeAll }: Gateways = {}) => {
  const { store, openAudit, remove } = openScratchStore(shop);
  const ids = createCounter();
  const settings = { DRAIN_MS: 0 };
  const before = await openHost({ store, ids, settings, application: shopOfVersion1, gateway: first });
  const { id } = await place(before, widgets(1));
  await settleNow(before);
  await shut(before, 0);
  const after = await openHost({ store, ids, clock: before.clock, gateway: second });
  const end = async () => {
    await shut(after);
    const { checks } = await createExamine(shop)(openAudit(after.clock.now()), { atRest: true });
    expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
    expect(checks.find(({ invariant }) => invariant === 'stateIsFold')?.checked).toBeGreaterThan(0);
    await remove();
  };
  return { after, id, end };
};

const send = ({ host }: OpenHost, orderId: string, to: string, message: { readonly type: string }) =>
  host.send({ orderId, to, message, otherwise: 'refuse' });

test('an order whose charge was under way is paid and completed on version 1; a new one starts on the newest', async () => {
  const { after, id, end } = await upgrade();
  expect(after.recovery).toMatchObject({ resumed: 1, incidents: 0, versions: { 1: 1 } });
  await after.clock.advance(0);
  expect(await settle(after, id)).toMatchObject({ state: 'completed', chartVersion: '1', paidAmount: 5000 });
  const { id: newer } = await place(after, widgets(1));
  expect(await settle(after, newer)).toMatchObject({ state: 'completed', chartVersion: newestVersion });
  await end();
});

test('a completed order of version 1 is refunded', async () => {
  const { after, id, end } = await upgrade({ before: chargeAll });
  expect(await after.host.get(id)).toMatchObject({ chartVersion: '1', state: 'completed' });
  await send(after, id, 'order', {
    type: 'order.refund',
    ...{ refundId: 'r-1', amount: 2000, reason: 'late' },
  });
  await settle(after, id);
  expect(await after.host.get(id)).toMatchObject({ chartVersion: '1', refundedAmount: 2000 });
  await end();
});

test('an order of version 1 is cancelled while its charge is under way: its stock is free again', async () => {
  const { after, id, end } = await upgrade({ after: () => ({ type: 'gateway.absent' }) });
  await send(after, id, 'order', { type: 'order.cancel', ...{ reason: 'changed my mind' } });
  expect(await settle(after, id)).toMatchObject({ state: 'cancelled', chartVersion: '1' });
  expect(await after.catalogue.product('product-1')).toMatchObject({ held: 0, sold: 0 });
  await end();
});

test('an incident of version 1 is retried', async () => {
  let isAvailable = false;
  const flaky: Answer<'gateway'> = (call) =>
    isAvailable ? chargeAll(call) : { type: 'gateway.unknown', reason: 'no-answer' };
  const { after, id, end } = await upgrade({ after: flaky });
  await after.clock.advance(200_000);
  expect(await after.host.get(id)).toMatchObject({
    incidents: [{ actor: 'payment', reason: 'charge-unknown' }],
  });
  isAvailable = true;
  await send(after, id, 'payment', { type: 'incident.retry' });
  await after.clock.advance(3_600_000);
  expect(await after.host.get(id)).toMatchObject({ settled: true, incidents: [] });
  await end();
});
