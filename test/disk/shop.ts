// The product's own runner and store over a simulated disk, with a bank in memory, on a clock that stands still
// until it is moved. What happens in it is decided by nobody but its caller.
import pino from 'pino';
import { Registry } from 'prom-client';
import { readSettings } from '../../src/config.ts';
import type { Host } from '../../src/host.ts';
import { createRunner } from '../../src/hosts/runner.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Services } from '../../src/service.ts';
import { createWarehouse } from '../../src/services/warehouse.ts';
import type { Store } from '../../src/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import type { createFakeClock } from '../fake-clock.ts';
import type { Bank } from './bank.ts';
import type { Disk } from './disk.ts';
import { openOn } from './disk-connection.ts';
import { type Acknowledged, witnessed } from './witness.ts';

const metrics = createMetrics(new Registry());
const logger = pino({ level: 'silent' });
/** A charge that is not answered is given up after this time. */
export const callTimeoutMs = 2000;

/** How the log and the settings differ from the product's: what is small shows every case sooner. */
export interface ShopSettings {
  readonly capture: 'at-once' | 'later';
  /** Pages in the log before it is written back into the file; the product has SQLite's 1000. */
  readonly logPages: number;
  /** The setting that must lose. */
  readonly synchronous?: 'NORMAL';
}

export interface Shop {
  readonly host: Host;
  readonly store: Store;
  now(): number;
  pass(milliseconds: number): Promise<void>;
  /** Stops in order; the log is written back and goes. */
  close(): Promise<void>;
  /** Frees what it has in memory, after its power was cut. */
  abandon(): void;
}

/** What outlives a power cut beside the disk: the bank, the time, and what was acknowledged. */
export interface Outside {
  readonly bank: Bank;
  readonly acknowledged: Acknowledged;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** How often the shop was opened before: each time it has ids of its own. */
  readonly openings: number;
}

const products = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100 },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 50 },
];

export const openShop = async (disk: Disk, settings: ShopSettings, outside: Outside): Promise<Shop> => {
  const { bank, acknowledged, clock } = outside;
  const database = openOn(disk);
  try {
    database.writer.exec(`PRAGMA wal_autocheckpoint = ${settings.logPages}`);
    if (settings.synchronous) database.writer.exec(`PRAGMA synchronous = ${settings.synchronous}`);
    acknowledged.isOpen = true;
    const store = witnessed(createSqliteStore(database), acknowledged);
    const services: Services = {
      warehouse: createWarehouse(),
      gateway: { name: 'gateway', place: 'outside', answer: async (call) => bank.answer(call, clock.now()) },
      mailer: { name: 'mailer', place: 'outside', answer: async () => ({ type: 'mailer.sent' }) },
    };
    await store.seedProducts(products, clock.now());
    const { host } = await createRunner({
      ...{ store, services, clock, metrics, logger, ids: createIds(outside.openings) },
      settings: readSettings({
        LOG_LEVEL: 'silent',
        PAYMENT_CAPTURE: settings.capture,
        CALL_TIMEOUT_MS: callTimeoutMs,
        POLL_MS: 60_000,
        PAYMENT_DELAY_MS: 0,
        MAIL_DELAY_MS: 0,
        AUTHORIZATION_TTL_MS: 120_000,
      }),
    });
    const shop: Shop = {
      host,
      store,
      now: clock.now,
      pass: clock.advance,
      close: async () => {
        const closed = host.close();
        await clock.advance(20_000);
        await closed;
        await store.close();
      },
      abandon: database.close,
    };
    return shop;
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
