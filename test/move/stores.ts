// Stores to be moved: how they are opened, filled beside their orders, and read as the doctor reads them.
import type { AuditSource, OrderRecords } from '../../src/audit-source.ts';
import { createIds, systemClock } from '../../src/clock.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { createMoveStore } from '../../src/move/move-store.ts';
import type { MovableStore } from '../../src/move.ts';
import { movedStock } from '../../src/shop/moved-stock.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Store } from '../../src/store.ts';
import { openPostgresAuditSource } from '../../src/stores/postgres/audit-source.ts';
import { openMovingSchema } from '../../src/stores/postgres/moving.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { openMovingFile } from '../../src/stores/sqlite-moving.ts';

/** Long after everything that happens in these stores. */
const later = Date.UTC(2030, 0, 1);
export const postgresShop = { name: 'shop', tables: shop.tables?.postgres };

export const openPicture = async (address: string): Promise<AuditSource> =>
  address.startsWith('postgres')
    ? openPostgresAuditSource(address, postgresShop, later)
    : openAuditSource(address, shop, later);

const open = async (address: string, wish: { readonly make: boolean }): Promise<MovableStore> =>
  address.startsWith('postgres')
    ? openMovingSchema(address, { ...postgresShop, moved: movedStock }, wish)
    : openMovingFile(address, shop);

const withPicture = async <T>(address: string, task: (source: AuditSource) => Promise<T>): Promise<T> => {
  const source = await openPicture(address);
  return task(source).finally(() => source.close());
};

export const examine = (address: string) => withPicture(address, (source) => createExamine(shop)(source));

const collect = async <T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> => {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
};

/** Everything that the doctor sees of a store, except how it is kept. */
export const readRecords = (address: string) =>
  withPicture(address, async (source) => ({
    orders: (await collect<OrderRecords>(source.orders())).map((records) => structuredClone(records)),
    keys: await collect(source.idempotencyKeys()),
    products: (await collect(source.table('products'))).map((row) => ({ ...row })),
    ledger: (await collect(source.table('stockLedger'))).map((row) => ({ ...row })),
  }));

/** `watch` may replace a store that is opened. */
export const move = (
  from: string,
  to: string,
  watch: (store: MovableStore) => MovableStore = (store) => store,
) =>
  createMoveStore({
    open: async (address, wish) => watch(await open(address, wish)),
    openPicture,
    examine: ({ address }) => examine(address),
    ids: createIds(systemClock),
    rowsAtATime: 7,
  })({ from, to, anyway: false, replay: true, onProgress: () => {} });

/** One row, or two, of everything that is kept beside orders. */
export const addOthers = async (store: Store): Promise<void> => {
  const key = {
    ...{
      keyId: 'key-1',
      hash: 'hash',
      principal: 'checkout',
      scopes: ['orders:place'] as const,
      owner: null,
    },
    ...{ sessionOf: null, requestsPerMinute: 5, refundsPerDay: null, createdAt: 1, expiresAt: null },
    ...{ lastUsedAt: null, revokedAt: null },
  };
  await store.writeApiKeys([key, { ...key, keyId: 'key-2', owner: 'ünï', expiresAt: 7 }]);
  await store.addNote({
    orderId: 'good-1',
    kind: 'note',
    text: 'called "back"\n',
    principal: undefined,
    at: 5,
  });
  const endpoint = {
    ...{ endpointId: 'hook-1', url: 'https://shop.example/hook', types: null, state: 'enabled' as const },
    ...{ secrets: [{ secret: 'whsec_1', endsAt: null }], createdAt: 1, position: 3, tries: 1 },
    ...{ nextAt: null, failingSince: null },
  };
  const tried = {
    position: 3,
    eventId: 'e',
    type: 'order.created',
    at: 2,
    try: 1,
    status: 500,
    problem: null,
  };
  await store.writeWebhook(endpoint, [tried]);
  const incident = {
    ...{ incidentId: 'incident-1', service: 'gateway', reason: 'odd', text: 'It is odd.', key: 'odd/1' },
    ...{ details: { amount: 5 }, openedAt: 1, closedAt: null, closedBy: null, note: null },
  };
  await store.openServiceIncident(incident, { once: true, most: 5 });
  await store.writeServiceHold({
    ...{ holdId: 'hold-1', service: 'gateway', kind: 'pause', reason: 'works', principal: null, since: 3 },
    ...{ resumedAt: null, resumedBy: null, endedAt: null },
  });
};

/** What is kept beside orders, as a host reads it. */
export const readOthers = async (store: Store) => ({
  keys: await store.apiKeys(),
  notes: await store.notes(['good-1']),
  endpoints: await store.webhookEndpoints(),
  deliveries: await store.webhookDeliveries('hook-1', 10),
  incidents: await store.serviceIncidents({ isOpen: true, limit: 10 }),
  holds: await store.serviceHolds(),
  epochs: await store.epochs(),
  last: await store.lastPosition(),
  events: await store.events({ after: 0, limit: 1000 }),
});
