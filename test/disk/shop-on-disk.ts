// The product's own runner and store on a simulated disk, with a bank in memory and a clock that its caller
// advances. It does nothing by itself.
import pino from 'pino';
import { Registry } from 'prom-client';
import { readSettings } from '../../src/config.ts';
import { createRunner } from '../../src/hosts/runner.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type Catalogue, createCatalogue } from '../../src/shop/catalogue.ts';
import { createShopHost, type ShopHost } from '../../src/shop/placement.ts';
import type { ShopServices } from '../../src/shop/services.ts';
import { shop } from '../../src/shop/shop.ts';
import { createWarehouse } from '../../src/shop/warehouse.ts';
import type { Store } from '../../src/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import type { createFakeClock } from '../fake-clock.ts';
import { type Acknowledged, recordAcknowledged, recordProducts } from './acknowledged.ts';
import type { Disk } from './disk.ts';
import { openOn, type SqliteError } from './disk-connection.ts';
import type { FaultyBank } from './faulty-bank.ts';

const metrics = createMetrics(new Registry());
const logger = pino({ level: 'silent' });
/** The timeout of a charge. */
export const callTimeoutMs = 2000;

/** Where settings differ from the product's: small limits show every case sooner. */
export interface ShopSettings {
  readonly capture: 'at-once' | 'later';
  /** Pages in the log before it is written back into the file; the product has SQLite's 1000. */
  readonly logPages: number;
  /** The setting that must lose data. */
  readonly synchronous?: 'NORMAL';
}

export interface Shop {
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
  readonly store: Store;
  now(): number;
  advance(milliseconds: number): Promise<void>;
  /** Stops the host. */
  stop(): Promise<void>;
  /** Stops, and closes the store, which writes the log back and deletes it. */
  close(): Promise<void>;
  /** Statements of the store's writer that did not run so far. */
  unused(): readonly string[];
  /** Frees its memory, after a power cut. */
  abandon(): void;
}

/** What survives a power cut besides the disk: the bank, the time, and what was acknowledged. */
export interface Outside {
  readonly bank: FaultyBank;
  readonly acknowledged: Acknowledged;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** How often the shop was opened before; each time it generates other ids. */
  readonly openings: number;
}

const products = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100 },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 50 },
];

/** `onError` is called with every error of the store's writer. */
export const openShop = async (
  disk: Disk,
  settings: ShopSettings,
  outside: Outside,
  onError?: (error: SqliteError) => void,
): Promise<Shop> => {
  const { bank, acknowledged, clock } = outside;
  const database = openOn(disk, onError);
  try {
    database.writer.exec(`PRAGMA wal_autocheckpoint = ${settings.logPages}`);
    if (settings.synchronous) database.writer.exec(`PRAGMA synchronous = ${settings.synchronous}`);
    acknowledged.isOpen = true;
    const used = database.writer.prepare('SELECT sql FROM sqlite_stmt GROUP BY sql HAVING sum(run) > 0');
    const prepared = [database.writer, database.reader].map((connection) =>
      connection.prepare('SELECT DISTINCT sql FROM sqlite_stmt'),
    );
    const findUnused = (): readonly string[] => {
      const ran = new Set(used.all().map(({ sql }) => String(sql)));
      const known = prepared.flatMap((statement) => statement.all().map(({ sql }) => String(sql)));
      return [...new Set(known)].filter((sql) => !/^\s*(SELECT|WITH)/.test(sql) && !ran.has(sql));
    };
    const store = recordAcknowledged(createSqliteStore(database, shop.tables), acknowledged);
    const catalogue = recordProducts(createCatalogue(store), acknowledged);
    const services: ShopServices = {
      warehouse: createWarehouse(),
      gateway: { name: 'gateway', place: 'outside', answer: async (call) => bank.answer(call, clock.now()) },
      mailer: { name: 'mailer', place: 'outside', answer: async () => ({ type: 'mailer.sent' }) },
    };
    await catalogue.seedProducts(products, clock.now());
    const ids = createIds(outside.openings);
    const parsed = readSettings({
      LOG_LEVEL: 'silent',
      PAYMENT_CAPTURE: settings.capture,
      CALL_TIMEOUT_MS: callTimeoutMs,
      POLL_MS: 60_000,
      DRAIN_MS: 500,
      PAYMENT_DELAY_MS: 0,
      MAIL_DELAY_MS: 0,
      AUTHORIZATION_TTL_MS: 120_000,
    });
    const parts = { application: shop, store, services, clock, metrics, logger, ids, settings: parsed };
    const host = createShopHost((await createRunner(parts)).host, parsed, ids);
    const stop = async () => {
      const closed = host.close();
      await clock.advance(1000);
      await closed;
    };
    return {
      host,
      catalogue,
      store,
      now: clock.now,
      advance: clock.advance,
      stop,
      close: async () => {
        await stop();
        await store.close();
      },
      unused: findUnused,
      abandon: database.close,
    };
  } catch (error) {
    database.close();
    throw error;
  }
};

const createIds = (openings: number) => {
  let count = 0;
  return {
    next: () => {
      count += 1;
      return `id-${openings}-${String(count).padStart(4, '0')}`;
    },
  };
};
