// The contract of stock and of the catalogue: all or none, once, and never more than there is.
import { describe, expect, it } from 'vitest';
import type { Share, Store } from '../../src/store.ts';
import { inStock, lease, noon, toActing, toCounts, toSetting } from './store-samples.ts';

const hold = (store: Store, orderId: string, shares: readonly Share[]) =>
  inStock(store, orderId, ({ stock }) => stock.hold(orderId, shares, noon + 1000, noon));
const release = (store: Store, orderId: string) =>
  inStock(store, orderId, ({ stock }) => stock.release(orderId, noon));
const sell = (store: Store, orderId: string) =>
  inStock(store, orderId, ({ stock }) => stock.sell(orderId, noon));

const describeHolding = (current: () => Store) => {
  it('a hold takes from what is available and leaves what is on hand', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    expect(await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }])).toEqual({ outcome: 'held' });
    expect(toCounts(await current().product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('shares of the same product are summed', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const shares = [
      { productId: 'anvil', quantity: 6 },
      { productId: 'anvil', quantity: 5 },
    ];
    expect(await hold(current(), 'a', shares)).toEqual({
      outcome: 'insufficient',
      shortages: [{ productId: 'anvil', quantity: 11, available: 10 }],
    });
    expect(await hold(current(), 'a', shares.slice(1))).toEqual({ outcome: 'held' });
  });
  it('a hold that can not be met in full names every short product and changes nothing', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await current().putProduct('rope', toSetting({ onHand: 5 }), noon);
    await current().putProduct('glue', toSetting({ onHand: 5 }), noon);
    await hold(current(), 'a', [{ productId: 'rope', quantity: 3 }]);
    const shares = ['anvil', 'rope', 'ghost', 'glue'].map((productId) => ({ productId, quantity: 5 }));
    expect(await hold(current(), 'b', shares)).toEqual({
      outcome: 'insufficient',
      shortages: [
        { productId: 'rope', quantity: 5, available: 2 },
        { productId: 'ghost', quantity: 5, available: 0 },
      ],
    });
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
    expect(toCounts(await current().product('rope'))).toEqual([5, 3, 0, 2]);
    expect(await release(current(), 'b')).toBe('nothing');
  });
  it('a repeated hold changes nothing', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await hold(current(), 'a', [{ productId: 'anvil', quantity: 9 }])).toEqual({ outcome: 'held' });
    expect(toCounts(await current().product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('an order whose reservation ended holds nothing again', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const shares = [{ productId: 'anvil', quantity: 4 }];
    await hold(current(), 'a', shares);
    await release(current(), 'a');
    await hold(current(), 'b', shares);
    await sell(current(), 'b');
    expect(await hold(current(), 'a', shares)).toEqual({ outcome: 'ended' });
    expect(await hold(current(), 'b', shares)).toEqual({ outcome: 'ended' });
    expect(toCounts(await current().product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  for (const quantity of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
    it(`a quantity of ${quantity} fails and changes nothing`, async () => {
      await current().putProduct('anvil', toSetting(), noon);
      const work = toActing('a', 0, ({ stock }) =>
        stock.hold('a', [{ productId: 'anvil', quantity }], noon, noon),
      );
      expect(await current().commit([work], lease)).toMatchObject([{ outcome: 'failed' }]);
      expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
    });
  }
  it('a thousand interleaved holds never promise more than there is', async () => {
    await current().putProduct('anvil', toSetting({ onHand: 100 }), noon);
    await current().putProduct('rope', toSetting({ onHand: 150 }), noon);
    const outcomes: string[] = [];
    const shares = [
      { productId: 'anvil', quantity: 1 },
      { productId: 'rope', quantity: 2 },
    ];
    const works = Array.from({ length: 1000 }, (_, index) =>
      toActing(`order-${index}`, 0, async ({ stock }) => {
        await Promise.resolve();
        const { outcome } = await stock.hold(`order-${index}`, shares, noon, noon);
        outcomes.push(outcome);
      }),
    );
    const batches = Array.from({ length: 250 }, (_, index) => works.slice(index * 4, index * 4 + 4));
    await Promise.all(batches.map((batch) => current().commit(batch, lease)));
    expect(outcomes).toHaveLength(1000);
    expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(75);
    expect(toCounts(await current().product('anvil'))).toEqual([100, 75, 0, 25]);
    expect(toCounts(await current().product('rope'))).toEqual([150, 150, 0, 0]);
  });
};

const describeEnding = (current: () => Store) => {
  it('a release gives back what was held', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await release(current(), 'a')).toBe('released');
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('a second release gives nothing back', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'other', [{ productId: 'anvil', quantity: 4 }]);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await release(current(), 'a');
    expect(await release(current(), 'a')).toBe('nothing');
    expect(await release(current(), 'unknown')).toBe('nothing');
    expect(toCounts(await current().product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('a sale takes what was held out of the building', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await sell(current(), 'a')).toBe('sold');
    expect(toCounts(await current().product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('a second sale sells nothing more', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await sell(current(), 'a');
    expect(await sell(current(), 'a')).toBe('sold');
    expect(toCounts(await current().product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('what was given back or never held is not sold', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await release(current(), 'a');
    expect(await sell(current(), 'a')).toBe('not-held');
    expect(await sell(current(), 'unknown')).toBe('not-held');
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('what was sold is not given back', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await sell(current(), 'a');
    expect(await release(current(), 'a')).toBe('committed');
    expect(toCounts(await current().product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('a commit sees the products with its own changes, and no unknown ones', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const products = await inStock(current(), 'a', async ({ stock }) => {
      await stock.hold('a', [{ productId: 'anvil', quantity: 4 }], noon, noon);
      return stock.products(['anvil', 'ghost']);
    });
    expect([...products.keys()]).toEqual(['anvil']);
    expect(toCounts(products.get('anvil'))).toEqual([10, 4, 0, 6]);
  });
};

const describeCatalogue = (current: () => Store) => {
  it('a product is what was set', async () => {
    const expected = { productId: 'anvil', ...toSetting(), held: 0, sold: 0, available: 10 };
    expect(await current().putProduct('anvil', toSetting(), noon)).toEqual(expected);
    expect(await current().product('anvil')).toEqual(expected);
    expect(await current().product('ghost')).toBeUndefined();
  });
  it('setting a product again keeps what is held and sold', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 2 }]);
    await sell(current(), 'a');
    await hold(current(), 'b', [{ productId: 'anvil', quantity: 3 }]);
    const setting = toSetting({ name: 'Big anvil', unitPrice: 1, currency: 'JPY', onHand: 3 });
    const product = await current().putProduct('anvil', setting, noon);
    expect(product).toEqual({ productId: 'anvil', ...setting, held: 3, sold: 2, available: 0 });
    expect(await current().product('anvil')).toEqual(product);
  });
  it('stock below what orders hold is refused and nothing is changed', async () => {
    const before = await current().putProduct('anvil', toSetting(), noon);
    await hold(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    const setting = toSetting({ name: 'Other', onHand: 3 });
    await expect(current().putProduct('anvil', setting, noon)).rejects.toMatchObject({
      name: 'AppError',
      code: 'stock-below-held',
      details: { productId: 'anvil', held: 4, onHand: 3 },
    });
    expect(await current().product('anvil')).toEqual({ ...before, held: 4, available: 6 });
  });
  for (const wrong of [{ onHand: -1 }, { onHand: 0.5 }, { unitPrice: -1 }, { unitPrice: 2 ** 60 }]) {
    it(`a product with ${JSON.stringify(wrong)} is refused`, async () => {
      await expect(current().putProduct('anvil', toSetting(wrong), noon)).rejects.toThrow(RangeError);
      expect(await current().product('anvil')).toBeUndefined();
    });
  }
  it('products are paged by their id', async () => {
    for (const id of ['c', 'a', 'd', 'b']) await current().putProduct(id, toSetting(), noon);
    const toIds = (products: readonly { readonly productId: string }[]) =>
      products.map(({ productId }) => productId);
    expect(toIds(await current().products({ limit: 3 }))).toEqual(['a', 'b', 'c']);
    expect(toIds(await current().products({ after: 'bb', limit: 3 }))).toEqual(['c', 'd']);
    expect(await current().products({ after: 'd', limit: 3 })).toEqual([]);
  });
  it('an empty catalogue is seeded', async () => {
    const products = ['anvil', 'rope'].map((productId) => ({ productId, ...toSetting() }));
    expect(await current().seedProducts(products, noon)).toBe(true);
    expect(await current().products({ limit: 10 })).toMatchObject(products);
  });
  it('a catalogue that has products is not seeded', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    expect(await current().seedProducts([{ productId: 'rope', ...toSetting() }], noon)).toBe(false);
    expect(await current().product('rope')).toBeUndefined();
  });
  it('a seed with one wrong product leaves the catalogue empty', async () => {
    const products = [
      { productId: 'anvil', ...toSetting() },
      { productId: 'rope', ...toSetting({ onHand: -1 }) },
    ];
    await expect(current().seedProducts(products, noon)).rejects.toThrow(RangeError);
    expect(await current().products({ limit: 10 })).toEqual([]);
  });
};

export const describeStock = (current: () => Store): void => {
  describe('holding', () => describeHolding(current));
  describe('ending a reservation', () => describeEnding(current));
  describe('catalogue', () => describeCatalogue(current));
};
