// Commands over a PostgreSQL database, beside nodes or in their place: keys, rehearsals, migrations, reconciliation, and what is
// said of a database that was restored.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newestVersion } from '../machines/registry.ts';
import { openPostgresStore } from '../src/application-service.ts';
import {
  createBackups,
  examineStore,
  reachKeysFor,
  reachMigrationsFor,
  reconcileStoreFor,
  rehearseFor,
} from '../src/offline.ts';
import type { PaymentProvider } from '../src/shop/reconciliation/provider.ts';
import { shop } from '../src/shop/shop.ts';
import { filesIn, makeFolder } from './doctor/doctored-store.ts';
import { move } from './move/stores.ts';
import { queryOnce } from './support/postgres/database.ts';
import { useDatabase } from './support/postgres/use-database.ts';

const database = useDatabase();

/** The orders of a release that are of an earlier chart version. */
const moveRelease = async (release: string): Promise<void> => {
  const path = filesIn(makeFolder()).store;
  copyFileSync(join(import.meta.dirname, `stores/release-${release}.db`), path);
  await move(path, database.url());
};

it('keys are made and revoked beside a node', async () => {
  const node = await openPostgresStore(database.url(), shop);
  const keys = await reachKeysFor(shop)(database.url());
  const { key } = await keys.create({ principal: 'checkout', scopes: ['orders:place'] });
  expect((await node.apiKeys()).map(({ keyId }) => keyId)).toEqual([key.id]);
  await keys.revoke(key.id);
  expect((await node.apiKeys()).map(({ revokedAt }) => revokedAt === null)).toEqual([false]);
  await keys.close();
  await node.close();
});

it('orders are rehearsed and moved on another chart version', async () => {
  await moveRelease('0.1.0');
  const report = await rehearseFor(shop)({
    ...{ address: database.url(), to: newestVersion, last: 1000, onProgress: () => {} },
  });
  expect(report.orders).toBe(12);
  const request = { to: newestVersion, why: 'newer', who: 'me', back: false, filter: {}, limit: 100 };
  for (const dryRun of [true, false]) {
    const access = await reachMigrationsFor(shop, {})(database.url(), dryRun);
    if (access.through === 'service') throw new Error('there is no service');
    const page = await access.store.migratePage({ ...request, dryRun });
    await access.store.close();
    expect(page.orders).toBe(12);
  }
  const store = await openPostgresStore(database.url(), shop);
  const versions = (await store.list({ limit: 100 })).map(({ summary }) => summary.chartVersion);
  expect(versions.filter((version) => version === newestVersion).length).toBeGreaterThan(6);
  await store.close();
  expect(await examineStore({ address: database.url() })).toMatchObject({ violations: 0 });
});

it('what a provider does not have opens incidents in the database', async () => {
  await moveRelease('0.2.0');
  const nothing = async function* (): AsyncGenerator<never> {};
  const provider: PaymentProvider = {
    ...{ name: 'stripe', payments: nothing, refunds: nothing, ledger: nothing },
    payment: async () => undefined,
    refundsOf: async () => [],
    toTheirs: (money) => money,
  };
  const wish = { provider, address: database.url(), range: { from: 0, to: Date.UTC(2030, 0, 1) } };
  const found = await reconcileStoreFor(shop)(wish);
  expect(found.differences.length).toBeGreaterThan(0);
  const store = await openPostgresStore(database.url(), shop);
  const incidents = await store.serviceIncidents({ isOpen: true, limit: 100 });
  expect(incidents).toHaveLength(found.differences.length);
  await store.close();
});

describe('a database that was restored', () => {
  const { acceptCopy } = createBackups(shop);

  it('begins an epoch, and its pending calls are doubtful', async () => {
    await moveRelease('0.2.0');
    expect(await acceptCopy(database.url(), false)).toMatchObject({ accepted: true });
    const store = await openPostgresStore(database.url(), shop);
    const last = await store.lastPosition();
    expect((await store.epochs()).map(({ lastPosition }) => lastPosition).slice(-2)).toEqual([last, null]);
    const { doubtfulCalls, lastPosition } = (await store.restored()) ?? {};
    expect([lastPosition, Number(doubtfulCalls) > 0]).toEqual([last, true]);
    const versions = [...new Set([shop.chartVersion, '1', '2'])];
    const claimed = { owner: 'me', now: Date.now(), until: Date.now() + 1000, limit: 100, versions };
    const calls = await store.claimCalls(claimed);
    expect([calls.length, calls.every(({ isDoubtful }) => isDoubtful)]).toEqual([doubtfulCalls, true]);
    await store.close();
    expect(await examineStore({ address: database.url() })).toMatchObject({ violations: 0 });
  });

  it('is not marked while a node is alive', async () => {
    const node = await openPostgresStore(database.url(), shop);
    await expect(acceptCopy(database.url(), false)).rejects.toMatchObject({ code: 'store-in-use' });
    expect(await node.epochs()).toHaveLength(1);
    await node.close();
  });

  it('that was moved away is a store again', async () => {
    await moveRelease('0.2.0');
    await move(database.url(), filesIn(makeFolder()).store);
    await expect(openPostgresStore(database.url(), shop)).rejects.toThrow('was moved to sqlite:');
    await acceptCopy(database.url(), false);
    const store = await openPostgresStore(database.url(), shop);
    expect((await store.list({ limit: 100 })).length).toBe(12);
    await store.close();
  });
});

it('a node that became a writer while its store was moved away cannot write', async () => {
  await moveRelease('0.2.0');
  await move(database.url(), filesIn(makeFolder()).store);
  const become = queryOnce(
    database.url(),
    "SET search_path = orderchart; INSERT INTO writers (writer_id) VALUES ('late')",
  );
  await expect(become).rejects.toThrow('moved away');
});
