// A commit that would break an invariant: that order stops with an incident, nothing of it leaves, and the other
// orders of the same commit are written and go on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { newestVersion } from '../../machines/registry.ts';
import { BatchRows } from '../../src/batch-rows.ts';
import { noFaults } from '../../src/faults.ts';
import { OrderTransaction } from '../../src/hosts/order-transaction.ts';
import { neverPostponing } from '../../src/service-holds.ts';
import { shop } from '../../src/shop/shop.ts';
import { createWarehouse } from '../../src/shop/warehouse.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { newYear, orders } from '../step/stories.ts';
import { chargesAgainUnderANewKey, chargesTwice, refundsMoreThanAsked } from '../step/wrong-charts.ts';
import { noteSizes } from '../stores/intercept.ts';
import { writeHere } from '../stores/write-here.ts';
import {
  type Answer,
  chargeAll,
  createCounter,
  idempotency,
  never,
  type OpenHost,
  openHost,
  place,
  sample,
  settle,
  shut,
  widgets,
} from './harness.ts';

const keysAsked = ({ gatewayCalls }: OpenHost) =>
  gatewayCalls.map(({ command: { type, key } }) => `${type} ${key}`);
const violationsOf = async ({ registry }: OpenHost) =>
  (await registry.getSingleMetric('orderchart_invariants_violated_total')?.get())?.values.map(
    ({ labels: { invariant }, value }) => [invariant, value],
  );
test('a charge of twice the amount is not made, and the other orders of its commit are', async () => {
  const sizes: number[] = [];
  const store = noteSizes(createMemoryStore(), sizes);
  const open = await openHost({ store, charts: chargesTwice(5000), settings: { RESERVE_WITHIN_MS: 60_000 } });
  const [before, wrong, after] = await Promise.all(
    [1, 2, 3].map((n) => place(open, widgets(n === 2 ? 1 : 2))),
  );
  if (!before || !wrong || !after) throw new Error('three were placed');
  expect(sizes).toEqual([3]);
  expect(wrong).toMatchObject({
    state: 'reserving',
    incidents: [
      {
        actor: 'inventory',
        reason: 'invariant-violated',
        text: expect.stringContaining('gateway.charge is about 10000 USD of 5000 USD'),
      },
    ],
  });
  expect((await open.host.list({ incident: true, limit: 10 })).map(({ id }) => id)).toEqual([wrong.id]);
  for (const { id } of [before, after]) expect(await settle(open, id)).toMatchObject({ state: 'completed' });
  expect(keysAsked(open).filter((key) => key.includes(wrong.id))).toEqual([]);
  expect(open.gatewayCalls).toHaveLength(2);
  expect(await violationsOf(open)).toEqual([['amounts', expect.any(Number)]]);
  expect(open.lines).toContainEqual(
    expect.objectContaining({ orderId: wrong.id, disposition: 'dead', invariant: 'amounts' }),
  );
});

test('what was set aside is charged right once the charts are mended', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const open = await openHost({ store, ids, charts: chargesTwice(5000) });
  const { id } = await place(open, widgets(1));
  await shut(open);
  const mended = await openHost({ store, ids, clock: open.clock });
  const retry = { type: 'incident.retry' } as const;
  await mended.host.send({ orderId: id, to: 'inventory', message: retry, otherwise: 'refuse' });
  expect(await settle(mended, id)).toMatchObject({ state: 'completed', paidAmount: 5000, incidents: [] });
  expect(keysAsked(mended)).toEqual([`gateway.charge ${id}/charge/1`]);
});

test('a second charge under a new key is not made after a time-out', async () => {
  const open = await openHost({
    charts: chargesAgainUnderANewKey,
    gateway: (call) =>
      call.command.type === 'gateway.charge' && call.command.amount === 5000 ? never(call) : chargeAll(call),
  });
  const [wrong, other] = await Promise.all([place(open, widgets(1)), place(open, widgets(2))]);
  await open.clock.advance(11_000);
  expect(await open.host.get(wrong.id)).toMatchObject({
    state: 'paying',
    incidents: [{ actor: 'payment', reason: 'invariant-violated' }],
  });
  expect(await settle(open, other.id)).toMatchObject({ state: 'completed' });
  expect(keysAsked(open).filter((key) => key.includes(wrong.id))).toEqual([
    `gateway.charge ${wrong.id}/charge/1`,
  ]);
});

test('a refund of more than was taken is not made; its key stays free, and who asked for it is told', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const open = await openHost({ store, ids, charts: refundsMoreThanAsked });
  const { id } = await place(open, widgets(1));
  await settle(open, id);
  const refund = open.host.send({
    orderId: id,
    to: 'order',
    message: { type: 'order.refund', refundId: 'refund-1', reason: 'it was broken' },
    otherwise: 'refuse',
    idempotency: { ...idempotency('key'), scope: 'refunds' },
  });
  const [receipt, other] = await Promise.all([refund, place(open, widgets(2))]);
  expect(receipt).toMatchObject({
    result: { disposition: 'dead', reason: expect.stringMatching(/^refunds: /) },
  });
  expect(await open.host.recall('refunds', 'key')).toBeUndefined();
  expect(await settle(open, other.id)).toMatchObject({ state: 'completed' });
  expect(await open.host.get(id)).toMatchObject({
    state: 'completed',
    refundedAmount: 0,
    incidents: [{ actor: 'order', reason: 'invariant-violated' }],
  });
  await shut(open);
  const mended = await openHost({ store, ids, clock: open.clock });
  const retry = { type: 'incident.retry' } as const;
  await mended.host.send({ orderId: id, to: 'order', message: retry, otherwise: 'refuse' });
  expect(await settle(mended, id)).toMatchObject({ refundedAmount: 5000, incidents: [] });
});

/** Hosts over one file, one after the other: between two of them it can be spoiled. */
const openOverFile = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-'));
  const path = join(folder, 'orders.db');
  const ids = createCounter();
  const openAgain = (gateway: Answer<'gateway'> = chargeAll) =>
    openHost({ store: createSqliteStore(writeHere(openDatabase(path, shop)), shop.tables), ids, gateway });
  const closeOne = async (open: OpenHost) => {
    await shut(open);
    await open.store.close();
  };
  return {
    first: () => openAgain(never),
    /** Ends the host and its store, spoils the file, and starts a host over it in which the calls are answered. */
    spoil: async (open: OpenHost, statement: string) => {
      await closeOne(open);
      const connection = new DatabaseSync(path);
      connection.exec(statement);
      connection.close();
      return openAgain();
    },
    close: async (open: OpenHost) => {
      await closeOne(open);
      await rm(folder, { recursive: true });
    },
  };
};

test('a sale of what is not held is set aside with an incident, and other sales are made', async () => {
  const file = await openOverFile();
  const first = await file.first();
  const wrong = await place(first, widgets(1));
  const other = await place(first, {
    ...sample,
    amount: 7500,
    items: sample.items.filter(({ productId }) => productId === 'product-2'),
  });
  const open = await file.spoil(first, "UPDATE products SET held = 0 WHERE product_id = 'product-1'");
  expect(await settle(open, other.id)).toMatchObject({ state: 'completed' });
  expect(await open.host.get(wrong.id)).toMatchObject({
    paidAmount: 0,
    incidents: expect.arrayContaining([
      {
        actor: 'payment',
        reason: 'invariant-violated',
        text: expect.stringContaining('product-1 cannot change by onHand -1, held -1, sold 1'),
        since: expect.any(Number),
      },
    ]),
  });
  expect(
    (await open.host.received(wrong.id, 0, 50)).find(({ type }) => type === 'gateway.charged'),
  ).toMatchObject({
    disposition: 'dead',
  });
  expect(await open.catalogue.product('product-1')).toMatchObject({ onHand: 100, held: 0, sold: 0 });
  await file.close(open);
});

test('an order whose rows do not go together is set aside as a whole, and the others go on', async () => {
  const file = await openOverFile();
  const first = await file.first();
  const wrong = await place(first, widgets(1));
  const other = await place(first, widgets(2));
  const spoiling = `UPDATE orders SET last_seq = last_seq + 1 WHERE order_id = '${wrong.id}'`;
  const open = await file.spoil(first, spoiling);
  expect(await settle(open, other.id)).toMatchObject({ state: 'completed' });
  expect(await open.host.list({ incident: true, limit: 10 })).toMatchObject([
    {
      id: wrong.id,
      state: 'paying',
      incidents: [{ actor: 'order', reason: 'set-aside', text: expect.stringContaining('event seq') }],
    },
  ]);
  expect(await open.store.figures()).toMatchObject({ unreadable: { [newestVersion]: 1 } });
  await file.close(open);
});

test('an order that cannot be placed is not there, and the next one is', async () => {
  const store = createMemoryStore();
  const open = await openHost({ store });
  const wrong = { ...sample, items: sample.items.map((item) => ({ ...item, quantity: 0 })) };
  await expect(open.host.place(wrong)).rejects.toThrow();
  expect(await open.host.list({ limit: 10 })).toEqual([]);
  expect(await place(open, sample)).toMatchObject({ state: 'paying' });
});

test('a result that does not continue what was accepted before it is refused', () => {
  const transaction = new OrderTransaction({
    engine: {
      application: shop,
      system: orders,
      services: { warehouse: createWarehouse(), gateway: outside('gateway'), mailer: outside('mailer') },
      faults: noFaults,
      postponing: neverPostponing,
    },
    orderId: 'order-1',
    base: newSystem(orders, newYear, 'correlation-1'),
    now: newYear,
    rows: new BatchRows().forOrder(),
    wasReceived: () => false,
  });
  const cancel = (messageId: string) =>
    transaction.attempt({
      kind: 'message',
      messageId,
      to: 'order',
      message: { type: 'order.cancel', reason: 'changed my mind' },
      causationId: null,
    });
  const [first, second] = [cancel('message-1'), cancel('message-2')];
  if (!first || !second) throw new Error('a message always has a disposition');
  transaction.accept(first);
  expect(() => transaction.accept(second)).toThrow(expect.objectContaining({ invariant: 'numbering' }));
});

const outside = <S extends 'gateway' | 'mailer'>(name: S) => ({
  name,
  place: 'outside' as const,
  answer: () => Promise.reject(new Error('nothing is called')),
});
