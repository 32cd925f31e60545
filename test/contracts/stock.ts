// The rules of the shop's stock and catalogue over any store: all or none, once, and never more than there is.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Catalogue, changeRows, createCatalogue } from '../../src/shop/catalogue.ts';
import {
  commit as commitStock,
  type Product,
  type ProductSetting,
  readProducts,
  release as releaseStock,
  reserve as reserveStock,
  type Share,
  toProductKey,
  toReservationKey,
} from '../../src/shop/stock.ts';
import type { Store } from '../../src/store.ts';
import type { OpenedStore } from './store.ts';
import { noon } from './store-samples.ts';

interface Shop {
  readonly store: Store;
  readonly catalogue: Catalogue;
}

export const toSetting = (changes: Partial<ProductSetting> = {}): ProductSetting => ({
  name: 'Anvil',
  unitPrice: 5000,
  currency: 'EUR',
  onHand: 10,
  ...changes,
});

/** `onHand`, `held`, `sold` and `available` of a product. */
export const toCounts = (product: Product | undefined): readonly number[] =>
  product === undefined ? [] : [product.onHand, product.held, product.sold, product.available];

export const reserve = ({ store }: Pick<Shop, 'store'>, orderId: string, shares: readonly Share[]) => {
  const keys = [...shares.map(({ productId }) => toProductKey(productId)), toReservationKey(orderId)];
  return changeRows(store, keys, (rows) => reserveStock(rows, orderId, shares, noon + 1000, noon));
};
export const release = ({ store }: Pick<Shop, 'store'>, orderId: string) =>
  changeRows(store, [toReservationKey(orderId)], (rows) => releaseStock(rows, orderId, noon));
export const commit = ({ store }: Pick<Shop, 'store'>, orderId: string) =>
  changeRows(store, [toReservationKey(orderId)], (rows) => commitStock(rows, orderId, noon));

const describeReserving = (current: () => Shop) => {
  it('a reservation takes from what is available and leaves what is on hand', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    expect(await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }])).toEqual({
      outcome: 'reserved',
    });
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('shares of the same product are summed', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    const shares = [
      { productId: 'anvil', quantity: 6 },
      { productId: 'anvil', quantity: 5 },
    ];
    expect(await reserve(current(), 'a', shares)).toEqual({
      outcome: 'insufficient',
      shortages: [{ productId: 'anvil', quantity: 11, available: 10 }],
    });
    expect(await reserve(current(), 'a', shares.slice(1))).toEqual({ outcome: 'reserved' });
  });
  it('a reservation that can not be met in full names every short product and changes nothing', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await current().catalogue.putProduct('rope', toSetting({ onHand: 5 }), noon);
    await current().catalogue.putProduct('glue', toSetting({ onHand: 5 }), noon);
    await reserve(current(), 'a', [{ productId: 'rope', quantity: 3 }]);
    const shares = ['anvil', 'rope', 'ghost', 'glue'].map((productId) => ({ productId, quantity: 5 }));
    expect(await reserve(current(), 'b', shares)).toEqual({
      outcome: 'insufficient',
      shortages: [
        { productId: 'rope', quantity: 5, available: 2 },
        { productId: 'ghost', quantity: 5, available: 0 },
      ],
    });
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
    expect(toCounts(await current().catalogue.product('rope'))).toEqual([5, 3, 0, 2]);
    expect(await release(current(), 'b')).toBe('nothing');
  });
  it('a repeated reservation changes nothing', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await reserve(current(), 'a', [{ productId: 'anvil', quantity: 9 }])).toEqual({
      outcome: 'reserved',
    });
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('an order whose reservation ended reserves nothing again', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    const shares = [{ productId: 'anvil', quantity: 4 }];
    await reserve(current(), 'a', shares);
    await release(current(), 'a');
    await reserve(current(), 'b', shares);
    await commit(current(), 'b');
    expect(await reserve(current(), 'a', shares)).toEqual({ outcome: 'ended' });
    expect(await reserve(current(), 'b', shares)).toEqual({ outcome: 'ended' });
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  for (const quantity of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
    it(`a quantity of ${quantity} fails and changes nothing`, async () => {
      await current().catalogue.putProduct('anvil', toSetting(), noon);
      const refused = reserve(current(), 'a', [{ productId: 'anvil', quantity }]);
      await expect(refused).rejects.toThrow(RangeError);
      expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
    });
  }
  it('a thousand interleaved reservations never take more than there is', async () => {
    await current().catalogue.putProduct('anvil', toSetting({ onHand: 100 }), noon);
    await current().catalogue.putProduct('rope', toSetting({ onHand: 150 }), noon);
    const shares = [
      { productId: 'anvil', quantity: 1 },
      { productId: 'rope', quantity: 2 },
    ];
    const reserving = Array.from({ length: 1000 }, (_, index) =>
      reserve(current(), `order-${index}`, shares),
    );
    const outcomes = (await Promise.all(reserving)).map(({ outcome }) => outcome);
    expect(outcomes).toHaveLength(1000);
    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(75);
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([100, 75, 0, 25]);
    expect(toCounts(await current().catalogue.product('rope'))).toEqual([150, 150, 0, 0]);
  });
};

const describeEnding = (current: () => Shop) => {
  it('a release gives back what was reserved', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await release(current(), 'a')).toBe('released');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('a second release gives nothing back', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'other', [{ productId: 'anvil', quantity: 4 }]);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await release(current(), 'a');
    expect(await release(current(), 'a')).toBe('nothing');
    expect(await release(current(), 'unknown')).toBe('nothing');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('a commit takes what was reserved out of the building', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await commit(current(), 'a')).toBe('committed');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('a second commit sells nothing more', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await commit(current(), 'a');
    expect(await commit(current(), 'a')).toBe('committed');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('what was released or never reserved is not sold', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await release(current(), 'a');
    expect(await commit(current(), 'a')).toBe('not-reserved');
    expect(await commit(current(), 'unknown')).toBe('not-reserved');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('what was sold is not released', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await commit(current(), 'a');
    expect(await release(current(), 'a')).toBe('committed');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('a decision sees the products with its own changes, and no unknown ones', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    const keys = [toProductKey('anvil'), toProductKey('ghost'), toReservationKey('a')];
    const products = await changeRows(current().store, keys, (rows) => {
      reserveStock(rows, 'a', [{ productId: 'anvil', quantity: 4 }], noon, noon);
      return readProducts(rows, ['anvil', 'ghost']);
    });
    expect([...products.keys()]).toEqual(['anvil']);
    expect(toCounts(products.get('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('a decision that throws changes nothing', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    const keys = [toProductKey('anvil'), toReservationKey('a')];
    const failing = changeRows(current().store, keys, (rows) => {
      reserveStock(rows, 'a', [{ productId: 'anvil', quantity: 4 }], noon, noon);
      throw new Error('a guard threw');
    });
    await expect(failing).rejects.toThrow('a guard threw');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
    expect(await release(current(), 'a')).toBe('nothing');
  });
};

const describeCatalogue = (current: () => Shop) => {
  it('a product is what was set', async () => {
    const expected = { productId: 'anvil', ...toSetting(), held: 0, sold: 0, available: 10 };
    expect(await current().catalogue.putProduct('anvil', toSetting(), noon)).toEqual(expected);
    expect(await current().catalogue.product('anvil')).toEqual(expected);
    expect(await current().catalogue.product('ghost')).toBeUndefined();
  });
  it('setting a product again keeps what is reserved and sold', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 2 }]);
    await commit(current(), 'a');
    await reserve(current(), 'b', [{ productId: 'anvil', quantity: 3 }]);
    const setting = toSetting({ name: 'Big anvil', unitPrice: 1, currency: 'JPY', onHand: 3 });
    const product = await current().catalogue.putProduct('anvil', setting, noon);
    expect(product).toEqual({ productId: 'anvil', ...setting, held: 3, sold: 2, available: 0 });
    expect(await current().catalogue.product('anvil')).toEqual(product);
  });
  it('stock below what orders have reserved is refused and nothing is changed', async () => {
    const before = await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    const setting = toSetting({ name: 'Other', onHand: 3 });
    await expect(current().catalogue.putProduct('anvil', setting, noon)).rejects.toMatchObject({
      name: 'AppError',
      code: 'stock-below-held',
      details: { productId: 'anvil', held: 4, onHand: 3 },
    });
    expect(await current().catalogue.product('anvil')).toEqual({ ...before, held: 4, available: 6 });
  });
  for (const wrong of [{ onHand: -1 }, { onHand: 0.5 }, { unitPrice: -1 }, { unitPrice: 2 ** 60 }]) {
    it(`a product with ${JSON.stringify(wrong)} is refused`, async () => {
      await expect(current().catalogue.putProduct('anvil', toSetting(wrong), noon)).rejects.toThrow(
        RangeError,
      );
      expect(await current().catalogue.product('anvil')).toBeUndefined();
    });
  }
  it('products are paged by their id', async () => {
    for (const id of ['c', 'a', 'd', 'b']) await current().catalogue.putProduct(id, toSetting(), noon);
    const toIds = (products: readonly { readonly productId: string }[]) =>
      products.map(({ productId }) => productId);
    expect(toIds(await current().catalogue.products({ limit: 3 }))).toEqual(['a', 'b', 'c']);
    expect(toIds(await current().catalogue.products({ after: 'bb', limit: 3 }))).toEqual(['c', 'd']);
    expect(await current().catalogue.products({ after: 'd', limit: 3 })).toEqual([]);
  });
  it('an empty catalogue is seeded', async () => {
    const products = ['anvil', 'rope'].map((productId) => ({ productId, ...toSetting() }));
    expect(await current().catalogue.seedProducts(products, noon)).toBe(true);
    expect(await current().catalogue.products({ limit: 10 })).toMatchObject(products);
  });
  it('a catalogue that has products is not seeded', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    expect(await current().catalogue.seedProducts([{ productId: 'rope', ...toSetting() }], noon)).toBe(false);
    expect(await current().catalogue.product('rope')).toBeUndefined();
  });
  it('a seed with one wrong product leaves the catalogue empty', async () => {
    const products = [
      { productId: 'anvil', ...toSetting() },
      { productId: 'rope', ...toSetting({ onHand: -1 }) },
    ];
    await expect(current().catalogue.seedProducts(products, noon)).rejects.toThrow(RangeError);
    expect(await current().catalogue.products({ limit: 10 })).toEqual([]);
  });
};

export const stockContract = (name: string, open: () => Promise<OpenedStore>): void => {
  describe(`the shop's stock over ${name}`, () => {
    let opened: OpenedStore;
    let shop: Shop;
    beforeEach(async () => {
      opened = await open();
      shop = { store: opened.store, catalogue: createCatalogue(opened.store) };
    });
    afterEach(() => opened.close());
    const current = () => shop;

    describe('reserving', () => describeReserving(current));
    describe('ending a reservation', () => describeEnding(current));
    describe('catalogue', () => describeCatalogue(current));
  });
};
