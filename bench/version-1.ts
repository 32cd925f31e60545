// Orders as a node of release 0.1.0 stored them: placed and settled on version 1 of the charts. It measures nothing.
import pino from 'pino';
import { createIds, systemClock } from '../src/clock.ts';
import { createHost, createWarehouse, readSettings } from '../src/main.ts';
import { createCatalogue } from '../src/shop/catalogue.ts';
import { createShopHost } from '../src/shop/placement.ts';
import { shop } from '../src/shop/shop.ts';
import { createSqliteStore } from '../src/stores/sqlite.ts';
import { openDatabase } from '../src/stores/sqlite-open.ts';
import { shopOfVersion1 } from '../test/released-shop.ts';
import { keepInFlight } from './in-flight.ts';
import { createInstantGateway, createInstantMailer } from './instant-services.ts';
import { placeAndSettle, products, sampleOrder } from './shop.ts';

export const runOnVersion1 = async (path: string, orders: number): Promise<void> => {
  const store = createSqliteStore(openDatabase(path, shop), shop.tables);
  await createCatalogue(store).seedProducts(products, systemClock.now());
  const [gateway, mailer] = [createInstantGateway(0).service, createInstantMailer().service];
  const settings = readSettings();
  const { host } = await createHost({
    ...{ application: shopOfVersion1, store, settings, logger: pino({ level: 'silent' }) },
    services: { warehouse: createWarehouse(), gateway, mailer },
  });
  const shopHost = createShopHost(host, settings, createIds(systemClock));
  if (orders > 0) await keepInFlight(64, orders, () => placeAndSettle({ host: shopHost }, sampleOrder));
  await host.close();
  await store.close();
};
