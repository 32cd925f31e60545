// The doctor over PostgreSQL: everything holds of a store after a run of the shop, and each kind of damage is found.
import { copyFileSync } from 'node:fs';
import pg from 'pg';
import pino from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { openPostgresStore } from '../../../src/application-service.ts';
import { createOrderchart, examineStore, readSettings } from '../../../src/main.ts';
import type { ShopService } from '../../../src/shop/services.ts';
import { shop } from '../../../src/shop/shop.ts';
import { openPostgresAuditSource } from '../../../src/stores/postgres/audit-source.ts';
import { filesIn, fill, listFindings, makeFolder } from '../../doctor/doctored-store.ts';
import { type Answer, chargeAll, sample } from '../../hosts/harness.ts';
import { move } from '../../move/stores.ts';
import { useDatabase } from '../../support/postgres/use-database.ts';

const database = useDatabase();
const examine = async () => listFindings(await examineStore({ address: database.url() }));

/** Changes the store without its triggers and checks. */
const damage = async (change: string): Promise<void> => {
  const client = new pg.Client({ connectionString: database.url(), options: '-c search_path=orderchart' });
  await client.connect();
  try {
    // Triggers rest in this session.
    await client.query('SET session_replication_role = replica');
    await client.query(change);
  } finally {
    await client.end();
  }
};

const answering = <S extends 'gateway' | 'mailer'>(name: S, answer: Answer<S>): ShopService<S> => ({
  ...{ name, place: 'outside' },
  answer: async (call) => answer(call),
});

it('everything holds after a run of the shop', async () => {
  const settings = readSettings({ DATABASE_URL: database.url() });
  const services = {
    gateway: answering('gateway', chargeAll),
    mailer: answering('mailer', () => ({ type: 'mailer.sent' })),
  };
  const { host, catalogue, close } = await createOrderchart(settings, {
    services,
    logger: pino({ level: 'silent' }),
  });
  const product = { unitPrice: 5000, currency: 'USD', onHand: 20 };
  await catalogue.addProduct('product-1', { ...product, name: 'Widget' }, Date.now());
  await catalogue.addProduct('product-2', { ...product, name: 'Gadget', unitPrice: 7500 }, Date.now());
  const orders = await Promise.all(Array.from({ length: 15 }, () => host.place(sample)));
  for (const placed of orders) {
    if (placed.outcome === 'done') await host.waitUntilSettled(placed.result.view.id, 30_000);
  }
  const whileItRuns = await examineStore({ address: database.url() });
  expect([listFindings(whileItRuns), whileItRuns.orders]).toEqual([[], 15]);
  await close();
  expect(await examine()).toEqual([]);
});

const filled = filesIn(makeFolder());
beforeAll(() => fill(filled), 60_000);

type Damage = readonly [invariant: string, about: string, problem: string, change: string];
const lastRow = `DELETE FROM history WHERE order_id = 'good-1'
  AND version = (SELECT max(version) FROM history WHERE order_id = 'good-1')`;
const damages: readonly Damage[] = [
  [
    'stockSumsAgree',
    'product-1',
    'the sum of its ledger is',
    "UPDATE products SET on_hand = on_hand - 1 WHERE product_id = 'product-1'",
  ],
  ['gaplessHistory', 'good-1', 'messages and version', lastRow],
  ['storageIntact', 'the journal', 'and the one before it ends at', lastRow],
  [
    'gaplessHistory',
    'good-1',
    'message 1 is missing',
    "UPDATE history SET messages = 'no JSON' WHERE order_id = 'good-1' AND position = (SELECT min(position) FROM history WHERE order_id = 'good-1' AND position > 0)",
  ],
  ['gaplessHistory', 'good-1', 'there is no such order', "DELETE FROM orders WHERE order_id = 'good-1'"],
  [
    'reservedOnce',
    'good-1',
    'does not agree with 1 rows of the stock ledger',
    "DELETE FROM stock_ledger WHERE order_id = 'good-1' AND why = 'held' AND product_id = 'product-1'",
  ],
  ['reservedOnce', 'good-1', 'it has no reservation', "DELETE FROM reservations WHERE order_id = 'good-1'"],
  ['rowMatchesSystem', 'good-1', 'the state', "UPDATE orders SET state = 'paying' WHERE order_id = 'good-1'"],
  [
    'stateIsFold',
    'good-2',
    '',
    "UPDATE orders SET packed = (SELECT packed FROM orders WHERE order_id = 'declined-1') WHERE order_id = 'good-2'",
  ],
  ['callsMatchSystem', 'silent-moving', '', "DELETE FROM calls WHERE order_id = 'silent-moving'"],
  [
    'keyHasOneAnswer',
    'orders key-good-1',
    'which does not exist',
    "UPDATE idempotency SET order_id = 'nobody' WHERE key = 'key-good-1'",
  ],
  ['storageIntact', 'the journal', 'it ends at', 'UPDATE journal SET last_position = last_position + 1'],
  [
    'storageIntact',
    'the journal',
    'rows without events reach to',
    'UPDATE journal SET first_position = -5000',
  ],
  ['storageIntact', 'the schema', 'history_keeps_rows', 'DROP TRIGGER history_keeps_rows ON history'],
  ['storageIntact', 'the schema', 'orders_by_time', 'DROP INDEX orders_by_time'],
  [
    'storageIntact',
    'the schema',
    'or disabled',
    'ALTER TABLE stock_ledger DISABLE TRIGGER stock_ledger_keeps_rows',
  ],
];

describe('of a damaged store', () => {
  it.each(damages)('%s is violated by %s: %s', async (invariant, about, problem, change) => {
    const copy = filesIn(makeFolder()).store;
    copyFileSync(filled.store, copy);
    await move(copy, database.url());
    expect(await examine()).toEqual([]);
    await damage(change);
    const findings = await examine();
    const start = `${invariant} ${about} `;
    expect(findings).toContainEqual(expect.stringContaining(problem));
    expect(findings.filter((line) => line.startsWith(start)).join()).toContain(problem);
  });
});

const migrated = async (): Promise<void> => (await openPostgresStore(database.url(), shop)).close();

describe('what cannot be examined is refused in one line', () => {
  const refusalOf = (address: string) =>
    examineStore({ address }).then(
      () => 'examined',
      (error: unknown) => String(error),
    );

  it('a database without a store', async () => {
    expect(await refusalOf(database.url())).toContain('there is no store in the schema orderchart');
  });

  it('a server that is not there, without its password', async () => {
    const refused = await refusalOf('postgres://somebody:secret@127.0.0.1:1/orders');
    expect(refused).toContain(
      'DATABASE_URL=postgres://somebody:***@127.0.0.1:1/orders: the database cannot be used',
    );
    expect(refused).not.toContain('secret');
  });

  it('orders of another application', async () => {
    await migrated();
    const open = openPostgresAuditSource(database.url(), { name: 'other' }, 0);
    await expect(open).rejects.toThrow("not of 'other'");
  });

  it('tables of a newer release that this one cannot read', async () => {
    await migrated();
    await damage('UPDATE schema_versions SET needed = 900, version = 900');
    expect(await refusalOf(database.url())).toContain('needs a newer release (version 900');
  });
});
