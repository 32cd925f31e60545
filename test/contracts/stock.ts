// The rules of the shop's stock over any store: all or none, once, and never more than there is.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeRows, createCatalogue } from '../../src/shop/catalogue.ts';
import {
  readProducts,
  reserve as reserveStock,
  toProductKey,
  toReservationKey,
} from '../../src/shop/stock.ts';
import { describeAdjusting, describeCatalogue } from './catalogue.ts';
import { commit, release, reserve, type Shop, toCounts, toSetting } from './stock-samples.ts';
import type { OpenedStore } from './store.ts';
import { noon } from './store-samples.ts';

const describeReserving = (current: () => Shop) => {
  it('a reservation takes from what is available and leaves what is on hand', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    expect(await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }])).toEqual({
      outcome: 'reserved',
    });
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('shares of the same product are summed', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
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
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await current().catalogue.addProduct('rope', toSetting({ onHand: 5 }), noon);
    await current().catalogue.addProduct('glue', toSetting({ onHand: 5 }), noon);
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
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await reserve(current(), 'a', [{ productId: 'anvil', quantity: 9 }])).toEqual({
      outcome: 'reserved',
    });
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('an order whose reservation ended reserves nothing again', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
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
      await current().catalogue.addProduct('anvil', toSetting(), noon);
      const refused = reserve(current(), 'a', [{ productId: 'anvil', quantity }]);
      await expect(refused).rejects.toThrow(RangeError);
      expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
    });
  }
  it('a thousand interleaved reservations never take more than there is', async () => {
    await current().catalogue.addProduct('anvil', toSetting({ onHand: 100 }), noon);
    await current().catalogue.addProduct('rope', toSetting({ onHand: 150 }), noon);
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
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await release(current(), 'a')).toBe('released');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('a second release gives nothing back', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'other', [{ productId: 'anvil', quantity: 4 }]);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await release(current(), 'a');
    expect(await release(current(), 'a')).toBe('nothing');
    expect(await release(current(), 'unknown')).toBe('nothing');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('a commit takes what was reserved out of the building', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    expect(await commit(current(), 'a')).toBe('committed');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('a second commit sells nothing more', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await commit(current(), 'a');
    expect(await commit(current(), 'a')).toBe('committed');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('what was released or never reserved is not sold', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await release(current(), 'a');
    expect(await commit(current(), 'a')).toBe('not-reserved');
    expect(await commit(current(), 'unknown')).toBe('not-reserved');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('what was sold is not released', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await commit(current(), 'a');
    expect(await release(current(), 'a')).toBe('committed');
    expect(toCounts(await current().catalogue.product('anvil'))).toEqual([6, 0, 4, 6]);
  });
  it('a decision sees the products with its own changes, and no unknown ones', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    const keys = [toProductKey('anvil'), toProductKey('ghost'), toReservationKey('a')];
    const products = await changeRows(current().store, keys, (rows) => {
      reserveStock(rows, 'a', [{ productId: 'anvil', quantity: 4 }], noon, noon);
      return readProducts(rows, ['anvil', 'ghost']);
    });
    expect([...products.keys()]).toEqual(['anvil']);
    expect(toCounts(products.get('anvil'))).toEqual([10, 4, 0, 6]);
  });
  it('a decision that throws changes nothing', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
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
    describe('adjusting', () => describeAdjusting(current));
    describe('catalogue', () => describeCatalogue(current));
  });
};
