// Several nodes over one PostgreSQL schema: what keeps their batches apart, what becomes of a batch whose answer is lost, and
// why a reader of the journal misses nothing.
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { createIds, systemClock } from '../../../src/clock.ts';
import { createCatalogue } from '../../../src/shop/catalogue.ts';
import { shop } from '../../../src/shop/shop.ts';
import type { Store } from '../../../src/store.ts';
import { openPostgres } from '../../../src/stores/postgres/open.ts';
import { createPostgresStore } from '../../../src/stores/postgres/postgres.ts';
import { nodesContract } from '../../contracts/nodes.ts';
import { reserve, toCounts, toSetting } from '../../contracts/stock-samples.ts';
import { noon, place, toEvent, toMessage, toNeeds, toWrite, write } from '../../contracts/store-samples.ts';
import { openCuttingProxy } from '../../nodes/cutting-proxy.ts';
import { queryOnce } from '../../support/postgres/database.ts';
import { startPostgres } from '../../support/postgres/start-postgres.ts';
import { useDatabase } from '../../support/postgres/use-database.ts';

const database = useDatabase();
const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
const untilWaiting = () => expect.poll(() => queryOnce(database.url(), waiting)).toEqual([{ n: 1 }]);
/** A connection with an open transaction. */
const openTransaction = async (): Promise<pg.Client> => {
  const client = new pg.Client(database.url());
  await client.connect();
  await client.query('SET search_path = orderchart');
  await client.query('BEGIN');
  return client;
};
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

nodesContract('PostgreSQL', async () => ({ nodes: await openTwo(), close: async () => {} }));

describe('two nodes', () => {
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
  test.each([
    [
      `SELECT FROM orders WHERE order_id = 'a' FOR UPDATE`,
      `SELECT FROM orders WHERE order_id = 'b' FOR UPDATE NOWAIT`,
    ],
    [
      `SELECT FROM products WHERE product_id = 'anvil' FOR UPDATE`,
      `SELECT FROM products WHERE product_id = 'drill' FOR UPDATE NOWAIT`,
    ],
  ])(
    'while a batch waits for a row (%s), it holds none that is behind it in the order of ids',
    async (first, behind) => {
      const node = await openNode();
      for (const id of ['b', 'a']) await place(node, id);
      for (const id of ['drill', 'anvil']) await createCatalogue(node).addProduct(id, toSetting(), noon);
      const other = await openTransaction();
      await other.query(first);
      const shares = ['drill', 'anvil'].map((productId) => ({ productId, quantity: 1 }));
      const writing = first.includes('orders')
        ? write(node, [toWrite('b', 1), toWrite('a', 1)])
        : reserve({ store: node }, 'c', shares);
      await untilWaiting();
      await query(behind);
      await other.query('COMMIT');
      await other.end();
      await writing;
    },
  );
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
  test('while it is on its way is given up, and refused when it arrives', async () => {
    await using proxy = await openCuttingProxy(database.url());
    const node = await openNode(proxy.url);
    await place(node, 'a');
    proxy.cutNextBatch('held');
    await expect(write(node, [toWrite('a', 1)])).rejects.toMatchObject({ code: 'store-unavailable' });
    await proxy.deliver();
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
  const slow = await openTransaction();
  const event = JSON.stringify([['order', 'order.created', 0]]);
  const message = JSON.stringify([['order', 'order.place', null, null]]);
  await slow.query(
    `SELECT append_history(1, 0, '{1}', '{slow}', '{1}', '{1}', '{0}', '{NULL}', '{c}', ARRAY[$1], ARRAY[$2], '{NULL}')`,
    [message, event],
  );
  const quick = place(node, 'quick', { events: [toEvent(1)] });
  await untilWaiting();
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
