// The rules of the shop's catalogue over any store: what people say of products, and how they change their stock.
import { expect, it } from 'vitest';
import type { Product } from '../../src/shop/stock.ts';
import { commit, reserve, type Shop, toCounts, toSetting } from './stock-samples.ts';
import { noon } from './store-samples.ts';

export const describeCatalogue = (current: () => Shop) => {
  it('a product is what was set', async () => {
    const counts = { held: 0, sold: 0, available: 10 };
    const expected = { productId: 'anvil', ...toSetting(), onSale: true, revision: 1, ...counts };
    expect(await current().catalogue.addProduct('anvil', toSetting(), noon)).toEqual(expected);
    expect(await current().catalogue.product('anvil')).toEqual(expected);
    expect(await current().catalogue.product('ghost')).toBeUndefined();
  });
  it('describing a product again keeps its stock', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 2 }]);
    await commit(current(), 'a');
    await reserve(current(), 'b', [{ productId: 'anvil', quantity: 3 }]);
    const description = { name: 'Big anvil', unitPrice: 1, currency: 'JPY' };
    const product = await current().catalogue.describeProduct('anvil', description);
    const counts = { onHand: 8, held: 3, sold: 2, available: 5 };
    expect(product).toEqual({ productId: 'anvil', ...description, onSale: true, revision: 2, ...counts });
    expect(await current().catalogue.product('anvil')).toEqual(product);
  });
  it('a product that exists is not added again, and keeps its stock', async () => {
    const before = await current().catalogue.addProduct('anvil', toSetting(), noon);
    const again = current().catalogue.addProduct('anvil', toSetting({ onHand: 3 }), noon);
    await expect(again).rejects.toMatchObject({ name: 'AppError', code: 'stock-not-set' });
    expect(await current().catalogue.product('anvil')).toEqual(before);
  });
  it('sales and adjustments leave the revision of a product, and a description makes the next', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 2 }]);
    await commit(current(), 'a');
    const adjustment = { productId: 'anvil', by: 5, reason: 'delivery', who: 'operator', at: noon };
    await current().catalogue.adjustStock(adjustment);
    const { onHand: _, ...description } = toSetting({ onSale: false });
    expect(await current().catalogue.describeProduct('anvil', description, 1)).toMatchObject({
      ...{ onSale: false, revision: 2, onHand: 13 },
    });
    const { onSale: __, ...price } = { ...description, unitPrice: 1 };
    expect(await current().catalogue.describeProduct('anvil', price, 2)).toMatchObject({
      ...{ onSale: false, revision: 3, unitPrice: 1 },
    });
  });
  it('of two descriptions of one revision the second is refused, and changes nothing', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    const describe = (name: string) =>
      current().catalogue.describeProduct('anvil', { name, unitPrice: 1, currency: 'EUR' }, 1);
    const [first, second] = await Promise.allSettled([describe('first'), describe('second')]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { code: 'product-changed', details: { version: 2 } } });
    expect(await current().catalogue.product('anvil')).toMatchObject({ name: 'first', revision: 2 });
  });
  it('a product that does not exist is not described', async () => {
    const described = current().catalogue.describeProduct('ghost', toSetting());
    await expect(described).rejects.toMatchObject({ code: 'product-not-found' });
    expect(await current().catalogue.product('ghost')).toBeUndefined();
  });
  it('given no such product, when it is put, then it is made with its stock', async () => {
    const made = await current().catalogue.putProduct('anvil', toSetting({ onSale: false }), noon);
    expect(made).toMatchObject({ ...toSetting(), onSale: false, revision: 1, available: 10 });
    expect(await current().catalogue.product('anvil')).toEqual(made);
  });
  it('given a product, when it is put without a count, then it is described and its stock stays', async () => {
    await current().catalogue.putProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 3 }]);
    const description = { name: 'Big anvil', unitPrice: 1, currency: 'JPY' };
    const put = await current().catalogue.putProduct('anvil', description, noon);
    expect(put).toMatchObject({ ...description, onSale: true, revision: 2, onHand: 10, held: 3 });
    expect(await current().catalogue.product('anvil')).toEqual(put);
  });
  it('given a product, when it is put with a count, then nothing is changed', async () => {
    const before = await current().catalogue.putProduct('anvil', toSetting(), noon);
    const again = current().catalogue.putProduct('anvil', toSetting({ name: 'Big anvil' }), noon);
    await expect(again).rejects.toMatchObject({ name: 'AppError', code: 'stock-not-set' });
    expect(await current().catalogue.product('anvil')).toEqual(before);
  });
  it('given no such product, when it is put without a count, then none is made', async () => {
    const { onHand: _, ...description } = toSetting();
    const put = current().catalogue.putProduct('anvil', description, noon);
    const details = { errors: [{ path: '/onHand', message: 'is required for a new product' }] };
    await expect(put).rejects.toMatchObject({ code: 'invalid-request', details });
    expect(await current().catalogue.product('anvil')).toBeUndefined();
  });
  it('given another revision or none, when a product is put with its revision, then nothing is changed', async () => {
    const { onHand: _, ...description } = toSetting({ name: 'Big anvil' });
    const put = () => current().catalogue.putProduct('anvil', description, noon, 2);
    await expect(put()).rejects.toMatchObject({ code: 'product-changed' });
    const before = await current().catalogue.addProduct('anvil', toSetting(), noon);
    await expect(put()).rejects.toMatchObject({ code: 'product-changed', details: { version: 1 } });
    expect(await current().catalogue.product('anvil')).toEqual(before);
  });
  it('given no such product, when two put it at once, then one makes it and the other is refused', async () => {
    const put = (onHand: number) => current().catalogue.putProduct('anvil', toSetting({ onHand }), noon);
    const results = await Promise.allSettled([put(1), put(2)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'stock-not-set' },
    });
  });
  for (const wrong of [{ onHand: -1 }, { onHand: 0.5 }, { unitPrice: -1 }, { unitPrice: 2 ** 60 }]) {
    it(`a product with ${JSON.stringify(wrong)} is refused`, async () => {
      await expect(current().catalogue.addProduct('anvil', toSetting(wrong), noon)).rejects.toThrow(
        RangeError,
      );
      expect(await current().catalogue.product('anvil')).toBeUndefined();
    });
  }
  it('products are paged by their id', async () => {
    for (const id of ['c', 'a', 'd', 'b']) await current().catalogue.addProduct(id, toSetting(), noon);
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
    await current().catalogue.addProduct('anvil', toSetting(), noon);
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

export const describeAdjusting = (current: () => Shop) => {
  const toAdjustment = (by: number) => ({
    ...{ productId: 'anvil', by, reason: 'delivery', who: 'operator', at: noon },
  });
  const toUse = (key: string) => ({
    ...{ scope: 'adjustments', key, fingerprint: 'abc' },
    respond: ({ onHand }: Product) => ({ status: 201, body: String(onHand) }),
  });
  const adjust = (by: number, key?: string) =>
    current().catalogue.adjustStock(toAdjustment(by), key === undefined ? undefined : toUse(key));
  const countAnvils = async () => toCounts(await current().catalogue.product('anvil'));

  it('stock is changed by a difference, and what is reserved and sold stays', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 2 }]);
    await commit(current(), 'a');
    await reserve(current(), 'b', [{ productId: 'anvil', quantity: 3 }]);
    await adjust(5);
    expect(await countAnvils()).toEqual([13, 3, 2, 10]);
    await adjust(-10);
    expect(await countAnvils()).toEqual([3, 3, 2, 0]);
  });
  it('never falls below what orders have reserved, and nothing is changed', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await reserve(current(), 'a', [{ productId: 'anvil', quantity: 4 }]);
    await expect(adjust(-7, 'k')).rejects.toMatchObject({
      name: 'AppError',
      code: 'stock-below-held',
      message: expect.stringContaining('at most 6 can be taken away, not 7'),
    });
    expect(await countAnvils()).toEqual([10, 4, 0, 6]);
    expect(await current().store.idempotencyRecord('adjustments', 'k')).toBeUndefined();
  });
  it('a product that does not exist has no stock to adjust', async () => {
    await expect(adjust(1)).rejects.toMatchObject({ code: 'product-not-found' });
  });
  it('more than can be counted exactly is refused', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    await expect(adjust(Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: 'invalid-request' });
    for (const by of [0, 0.5, Number.NaN]) await expect(adjust(by)).rejects.toThrow(RangeError);
    expect(await countAnvils()).toEqual([10, 0, 0, 10]);
  });
  it('the same key adjusts once, and brings the stored answer', async () => {
    await current().catalogue.addProduct('anvil', toSetting(), noon);
    const both = await Promise.all([adjust(5, 'k'), adjust(5, 'k')]);
    expect(both.map(({ outcome }) => outcome)).toEqual(['done', 'replayed']);
    expect(both[1]).toMatchObject({ record: { body: '15', status: 201, fingerprint: 'abc', orderId: '' } });
    await adjust(5, 'other');
    expect(await countAnvils()).toEqual([20, 0, 0, 20]);
  });
  it('adjustments and sales at the same time lose no piece', async () => {
    await current().catalogue.addProduct('anvil', toSetting({ onHand: 100 }), noon);
    const sell = async (orderId: string) => {
      await reserve(current(), orderId, [{ productId: 'anvil', quantity: 1 }]);
      await commit(current(), orderId);
    };
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? adjust(3) : sell(`order-${index}`))),
    );
    expect(await countAnvils()).toEqual([160, 0, 30, 160]);
  });
};
