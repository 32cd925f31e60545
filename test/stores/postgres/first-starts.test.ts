// Nodes whose first start is the same moment: what one has looked for, and not found, another one has written since.
import { afterEach, expect, test } from 'vitest';
import { openPostgresStore } from '../../../src/main.ts';
import { createCatalogue } from '../../../src/shop/catalogue.ts';
import { noteProvider } from '../../../src/shop/providers.ts';
import { shop } from '../../../src/shop/shop.ts';
import type { Store } from '../../../src/store.ts';
import { noon } from '../../contracts/store-samples.ts';
import { useDatabase } from '../../support/postgres/use-database.ts';

const database = useDatabase();
let nodes: Store[] = [];
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  nodes = [];
});

const open = async (): Promise<Store> => {
  const node = await openPostgresStore(database.url(), shop);
  nodes.push(node);
  return node;
};
/** A node that looked before the others wrote. */
const openEarly = async (): Promise<Store> => ({ ...(await open()), rows: async () => [] });

test('both note the provider of new payments, and it stands there once', async () => {
  const settings = { newest: 'stripe', has: () => true, describe: (name: string) => name };
  const [first, second] = [await open(), await openEarly()];
  for (const node of [first, second]) {
    const { names, unnamed } = await noteProvider(node, settings, () => undefined);
    expect({ names, unnamed }).toEqual({ names: ['stripe'], unnamed: 'stripe' });
  }
  expect(await first.rows('providers', { limit: 10 })).toHaveLength(1);
});

test('both fill the catalogue, and it is filled once', async () => {
  const [first, second] = [await open(), await openEarly()];
  const tea = { productId: 'tea', name: 'Tea', unitPrice: 500, currency: 'USD', onHand: 10 };
  expect(await createCatalogue(first).seedProducts([tea], noon)).toBe(true);
  expect(await createCatalogue(second).seedProducts([tea], noon)).toBe(false);
  expect(await createCatalogue(first).product('tea')).toMatchObject({ onHand: 10, sold: 0 });
});
