// What nodes that share a store promise each other, as one suite: run on PostgreSQL, and on the model of it that simulations use.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import { toProductKey } from '../../src/shop/stock.ts';
import type { Store } from '../../src/store.ts';
import { release, reserve, toCounts, toSetting } from './stock-samples.ts';
import { noon, place, toNeeds, toRecord, toWrite } from './store-samples.ts';

export interface OpenedNodes {
  readonly nodes: readonly [Store, Store];
  close(): Promise<void>;
}

export const nodesContract = (name: string, open: () => Promise<OpenedNodes>): void => {
  describe(`two nodes over ${name}`, () => {
    let opened: OpenedNodes;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const current = () => opened.nodes;

    test('of two that write one order from the same version, one is stale, and its batch leaves nothing', async () => {
      const [one, other] = current();
      await place(one, 'a');
      const batches = await Promise.all([one, other].map((node) => node.open(toNeeds(['a']))));
      const orders = [[toWrite('a', 1)], [toWrite('b', 0), toWrite('a', 1)]];
      const rows = { changed: [], appended: [] };
      const lease = { owner: 'x', until: 0 };
      const outcomes: string[] = [];
      for (const [index, batch] of batches.entries()) {
        await batch.write({ orders: orders[index] ?? [], rows, lease }).then(
          () => outcomes.push('stored'),
          (error: Error) => outcomes.push(error.name),
        );
      }
      expect(outcomes).toEqual(['stored', 'StaleBatch']);
      expect([...(await one.load(['a', 'b'])).keys()]).toEqual(['a']);
    });
    test('counts that both change at once add up, and never sell more than there is', async () => {
      const stores = current();
      await createCatalogue(stores[0]).addProduct('anvil', toSetting({ onHand: 25 }), noon);
      const wishes = Array.from({ length: 40 }, (_, number) => {
        const store = stores[number % 2];
        if (store === undefined) throw new Error('there are two');
        return reserve({ store }, `order-${number}`, [{ productId: 'anvil', quantity: 1 }]);
      });
      const outcomes = (await Promise.all(wishes)).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(25);
      expect(toCounts(await createCatalogue(stores[1]).product('anvil'))).toEqual([25, 25, 0, 0]);
    });
    test('a row that a node remembers is unsure, and is read again when it is asked for fresh', async () => {
      const [one, other] = current();
      const key = toProductKey('anvil');
      await createCatalogue(one).addProduct('anvil', toSetting(), noon);
      const adjustment = { productId: 'anvil', by: 5, reason: 'found', who: 'ada', at: noon };
      await createCatalogue(other).adjustStock(adjustment);
      const batch = await one.open(toNeeds([], { rows: [key] }));
      expect([batch.loaded.rows.get(key)?.['onHand'], batch.loaded.isUnsure(key)]).toEqual([10, true]);
      await batch.load({ ...toNeeds([], { rows: [key] }), isFresh: true });
      expect([batch.loaded.rows.get(key)?.['onHand'], batch.loaded.isUnsure(key)]).toEqual([15, false]);
      batch.release();
    });
    test('a key or message that the other stored since it was looked for makes a batch stale, and is not refused', async () => {
      const [one, other] = current();
      await place(one, 'a');
      const keys = [{ scope: toRecord().scope, key: toRecord().key }];
      const received = [{ orderId: 'a', messageId: 'from-outside' }];
      const late = await one.open(toNeeds(['a', 'c'], { keys, received }));
      await place(other, 'b', { idempotency: [toRecord({ orderId: 'b' })] });
      const orders = [toWrite('c', 0, { idempotency: [toRecord({ orderId: 'c' })] })];
      const outcome = late.write({
        orders,
        rows: { changed: [], appended: [] },
        lease: { owner: '', until: 0 },
      });
      await expect(outcome).rejects.toMatchObject({ name: 'StaleBatch' });
    });
    test('what one has released cannot be released by the other, which remembers it as held', async () => {
      const [one, other] = current();
      await createCatalogue(one).addProduct('anvil', toSetting(), noon);
      await reserve({ store: other }, 'a', [{ productId: 'anvil', quantity: 4 }]);
      await release({ store: one }, 'a');
      await release({ store: other }, 'a');
      expect(toCounts(await createCatalogue(one).product('anvil'))).toEqual([10, 0, 0, 10]);
    });
    test('a product that one describes anew while the other sells it keeps both', async () => {
      const [one, other] = current();
      await createCatalogue(one).addProduct('anvil', toSetting(), noon);
      await createCatalogue(other).product('anvil');
      const described = { name: 'Anvil', unitPrice: 7000, currency: 'EUR' };
      await Promise.all([
        createCatalogue(one).describeProduct('anvil', described),
        reserve({ store: other }, 'a', [{ productId: 'anvil', quantity: 4 }]),
      ]);
      const product = await createCatalogue(one).product('anvil');
      expect([product?.unitPrice, toCounts(product)]).toEqual([7000, [10, 4, 0, 6]]);
    });
  });
};
