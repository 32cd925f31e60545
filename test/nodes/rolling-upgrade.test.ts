// Nodes of two releases over one PostgreSQL database, whose newest charts differ: each takes the orders that it knows, and none
// of the other's is stranded.
import { expect, test, vi } from 'vitest';
import { sampleProducts } from '../../src/cli/sample.ts';
import { shopOfVersion1 } from '../released-shop.ts';
import { useDatabase } from '../support/postgres/use-database.ts';
import { createCallDesk } from './call-desk.ts';
import { openNode, place, untilMet, untilSettled } from './open-nodes.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const database = useDatabase();
const quick = { settings: { POLL_MS: '50', RETRY_FIRST_DELAY_MS: '20' } };
const openOld = (services = {}) =>
  openNode(database.url(), { ...quick, application: shopOfVersion1, services });
const openNew = (services = {}) => openNode(database.url(), { ...quick, services });

test('each node places on its own newest charts, and settles what it placed', async () => {
  const old = await openOld();
  await old.catalogue.seedProducts(sampleProducts, 0);
  const newer = await openNew();
  const [byOld, byNew] = [await place(old, 'old'), await place(newer, 'new')];
  await untilSettled(old, byOld);
  await untilSettled(newer, byNew);
  const versions = await Promise.all([byOld, byNew].map((id) => newer.host.get(id)));
  expect(versions.map((view) => view?.chartVersion)).toEqual(['1', '2']);
});

test('orders of the older charts go on at a newer node when the older ones are gone', async () => {
  const desk = createCallDesk();
  const old = await openOld({ gateway: desk.gateway });
  await old.catalogue.seedProducts(sampleProducts, 0);
  const byOld = await place(old, 'old');
  await desk.untilAsked();
  const newer = await openNew();
  await old.close();
  await untilSettled(newer, byOld);
});

test('an older node starts while newer ones have orders that it does not know, and leaves those alone; without them it refuses', async () => {
  const newer = await openNew();
  await newer.catalogue.seedProducts(sampleProducts, 0);
  const byNew = await place(newer, 'new');
  const old = await openOld();
  await untilMet(database.url(), [old, newer]);
  const byOld = await place(old, 'old');
  await untilSettled(old, byOld);
  await untilSettled(newer, byNew);
  await old.close();
  await newer.close();
  await expect(openOld()).rejects.toMatchObject({ code: 'charts-missing' });
});
