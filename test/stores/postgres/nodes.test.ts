// Several nodes over one PostgreSQL schema: what keeps their batches apart, what becomes of a batch whose answer is lost, and
// why a reader of the journal misses nothing.
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { createIds, systemClock } from '../../../src/clock.ts';
import { createCatalogue } from '../../../src/shop/catalogue.ts';
import { shop } from '../../../src/shop/shop.ts';
import { toProductKey } from '../../../src/shop/stock.ts';
import type { Store } from '../../../src/store.ts';
import { openPostgres } from '../../../src/stores/postgres/open.ts';
import { createPostgresStore } from '../../../src/stores/postgres/postgres.ts';
import { reserve, toCounts, toSetting } from '../../contracts/stock-samples.ts';
import {
  noon,
  place,
  toEvent,
  toMessage,
  toNeeds,
  toRecord,
  toWrite,
  write,
} from '../../contracts/store-samples.ts';
import { openCuttingProxy } from '../../nodes/cutting-proxy.ts';
import { queryOnce } from '../../support/postgres/database.ts';
import { startPostgres } from '../../support/postgres/start-postgres.ts';
import { useDatabase } from '../../support/postgres/use-database.ts';

const database = useDatabase();
const { postgres } = shop.tables ?? {};
let nodes: Store[] = [];
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  nodes = [];
});

const openNode = async (url = database.url()): Promise<Store> => {
  const parts = { clock: systemClock, ids: createIds(systemClock) };
  const opened = await openPostgres(url, { name: 'shop', tables: postgres }, parts);
  const node = createPostgresStore(opened, postgres);
  nodes.push(node);
  return node;
};
const openTwo = async (): Promise<readonly [Store, Store]> => [await openNode(), await openNode()];
const query = (sql: string, values: readonly unknown[] = []) =>
  queryOnce(
    database.url(),
    `SET search_path = orderchart; ${sql}`,
    values.length === 0 ? undefined : [...values],
  );

describe('two nodes', () => {
  test('of two that write one order from the same version, one is stale, and its batch leaves nothing', async () => {
    const [one, other] = await openTwo();
    await place(one, 'a');
    const batches = await Promise.all([one, other].map((node) => node.open(toNeeds(['a']))));
    const orders = [[toWrite('a', 1)], [toWrite('b', 0), toWrite('a', 1)]];
    const rows = { changed: [], appended: [] };
    const lease = { owner: 'x', until: 0 };
    const outcomes: string[] = [];
    for (const [index, batch] of batches.entries()) {
      await batch.write({ orders: orders[index] ?? [], rows, lease }).then(
        () => outcomes.push('stored'),
        (error: Error) => outcomes.push(error.name),
      );
    }
    expect(outcomes).toEqual(['stored', 'StaleBatch']);
    expect([...(await one.load(['a', 'b'])).keys()]).toEqual(['a']);
  });
  test('counts that both change at once add up, and never sell more than there is', async () => {
    const stores = await openTwo();
    await createCatalogue(stores[0]).addProduct('anvil', toSetting({ onHand: 25 }), noon);
    const wishes = Array.from({ length: 40 }, (_, number) => {
      const store = stores[number % 2];
      if (store === undefined) throw new Error('there are two');
      return reserve({ store }, `order-${number}`, [{ productId: 'anvil', quantity: 1 }]);
    });
    const outcomes = (await Promise.all(wishes)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(25);
    expect(toCounts(await createCatalogue(stores[1]).product('anvil'))).toEqual([25, 25, 0, 0]);
  });
  test('batches that lock the same products in opposite order never wait for each other in a circle', async () => {
    const stores = await openTwo();
    const catalogue = createCatalogue(stores[0]);
    const ids = ['anvil', 'bolt', 'crane', 'drill'];
    for (const id of ids) await catalogue.addProduct(id, toSetting({ onHand: 1000 }), noon);
    const reserveAll = async (store: Store, name: string, productIds: readonly string[]) => {
      for (let number = 0; number < 40; number += 1) {
        const shares = productIds.map((productId) => ({ productId, quantity: 1 }));
        expect(await reserve({ store }, `${name}-${number}`, shares)).toEqual({ outcome: 'reserved' });
      }
    };
    await Promise.all([reserveAll(stores[0], 'one', ids), reserveAll(stores[1], 'other', ids.toReversed())]);
    expect(toCounts(await catalogue.product('crane'))).toEqual([1000, 80, 0, 920]);
    const [deadlocks] = await queryOnce(
      database.url(),
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks?.['deadlocks']).toBe(0);
  });
  test('a row that a node remembers is unsure, and is read again when it is asked for fresh', async () => {
    const [one, other] = await openTwo();
    const key = toProductKey('anvil');
    await createCatalogue(one).addProduct('anvil', toSetting(), noon);
    const adjustment = { productId: 'anvil', by: 5, reason: 'found', who: 'ada', at: noon };
    await createCatalogue(other).adjustStock(adjustment);
    const batch = await one.open(toNeeds([], { rows: [key] }));
    expect([batch.loaded.rows.get(key)?.['onHand'], batch.loaded.isUnsure(key)]).toEqual([10, true]);
    await batch.load({ ...toNeeds([], { rows: [key] }), isFresh: true });
    expect([batch.loaded.rows.get(key)?.['onHand'], batch.loaded.isUnsure(key)]).toEqual([15, false]);
    batch.release();
  });
  test('a key or message that the other stored since it was looked for makes a batch stale, and is not refused', async () => {
    const [one, other] = await openTwo();
    await place(one, 'a');
    const keys = [{ scope: toRecord().scope, key: toRecord().key }];
    const received = [{ orderId: 'a', messageId: 'from-outside' }];
    const late = await one.open(toNeeds(['a', 'c'], { keys, received }));
    await place(other, 'b', { idempotency: [toRecord({ orderId: 'b' })] });
    const orders = [toWrite('c', 0, { idempotency: [toRecord({ orderId: 'c' })] })];
    const outcome = late.write({
      orders,
      rows: { changed: [], appended: [] },
      lease: { owner: '', until: 0 },
    });
    await expect(outcome).rejects.toMatchObject({ name: 'StaleBatch' });
  });
});

describe('a batch whose connection is lost', () => {
  test('after its commit is found to be stored', async () => {
    await using proxy = await openCuttingProxy(database.url());
    const node = await openNode(proxy.url);
    await place(node, 'a');
    proxy.cutNextBatch('after');
    await write(node, [toWrite('a', 1)]);
    expect(proxy.cuts()).toBe(1);
    await write(node, [toWrite('a', 2)]);
    expect((await node.load(['a'])).get('a')?.version).toBe(3);
  });
  test('before it reached the database is found not to be, and the next one is', async () => {
    await using proxy = await openCuttingProxy(database.url());
    const node = await openNode(proxy.url);
    await place(node, 'a');
    proxy.cutNextBatch('before');
    await expect(write(node, [toWrite('a', 1)])).rejects.toMatchObject({ code: 'store-unavailable' });
    expect((await node.load(['a'])).get('a')?.version).toBe(1);
    await write(node, [toWrite('a', 1)]);
    expect((await node.load(['a'])).get('a')?.version).toBe(2);
  });
  test('cannot be stored any more once its node has asked', async () => {
    const node = await openNode();
    await place(node, 'a');
    await query('UPDATE writers SET fence = fence + 1');
    const late = query(`SELECT begin_batch(writer_id, 99, 0, '{}', '{}') FROM writers`);
    await expect(late).rejects.toMatchObject({ code: 'OC002' });
    // The node learns its new fence, and goes on.
    await expect(write(node, [toWrite('a', 1)])).rejects.toMatchObject({ name: 'StaleBatch' });
    await write(node, [toWrite('a', 1)]);
    expect((await node.load(['a'])).get('a')?.version).toBe(2);
  });
});

test('a reader of the journal never passes events of a transaction that is still open', async () => {
  const node = await openNode();
  const slow = new pg.Client(database.url());
  await slow.connect();
  await slow.query('SET search_path = orderchart');
  await slow.query('BEGIN');
  const event = JSON.stringify([['order', 'order.created', 0]]);
  const message = JSON.stringify([['order', 'order.place', null, null]]);
  await slow.query(
    `SELECT append_history(1, 0, '{1}', '{slow}', '{1}', '{1}', '{0}', '{NULL}', '{c}', ARRAY[$1], ARRAY[$2], '{NULL}')`,
    [message, event],
  );
  const quick = place(node, 'quick', { events: [toEvent(1)] });
  const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  await expect.poll(() => queryOnce(database.url(), waiting)).toEqual([{ n: 1 }]);
  expect(await node.events({ after: 0, limit: 10 })).toEqual([]);
  await slow.query('COMMIT');
  await quick;
  await slow.end();
  const events = await node.events({ after: 0, limit: 10 });
  expect(events.map(({ orderId, position }) => [orderId, position])).toEqual([
    ['slow', 1],
    ['quick', 2],
  ]);
});

test('text that PostgreSQL cannot keep is refused, and nothing of its batch is stored', async () => {
  const node = await openNode();
  const odd = toWrite('b', 0, { received: [toMessage(1, { correlationId: 'a\0b' })] });
  await expect(write(node, [toWrite('a', 0), odd])).rejects.toMatchObject({ name: 'RefusedWrite' });
  expect((await node.load(['a', 'b'])).size).toBe(0);
});

test('tables that need a newer release are refused, and left alone', async () => {
  await openNode();
  await query(`UPDATE schema_versions SET version = 99, needed = 99 WHERE part = 'store'`);
  await expect(openNode()).rejects.toMatchObject({ code: 'store-unsupported' });
  // Those that an older release can live with are not.
  await query(`UPDATE schema_versions SET needed = 1 WHERE part = 'store'`);
  await openNode();
});

test('while the database is away, everything is refused as unavailable; then it goes on', async () => {
  await using server = await startPostgres();
  const node = await openNode(server.url);
  await place(node, 'a');
  await server.shutDown('immediate');
  const unavailable = { code: 'store-unavailable' };
  await expect(node.load(['a'])).rejects.toMatchObject(unavailable);
  await expect(node.open(toNeeds(['a']))).rejects.toMatchObject(unavailable);
  await expect(node.check()).rejects.toMatchObject(unavailable);
  await server.startAgain();
  await write(node, [toWrite('a', 1)]);
  expect((await node.load(['a'])).get('a')?.version).toBe(2);
  await node.close();
  nodes = [];
});
