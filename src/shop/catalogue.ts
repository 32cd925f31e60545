// The products of the shop, for people and for seeding: reads what is committed, and changes products in a batch of
// their own, so that no order is decided meanwhile on what changes.
import type { Rows } from '../application.ts';
import { BatchRows, RowNeeded } from '../batch-rows.ts';
import { limits } from '../config.ts';
import { StaleBatch, type Store } from '../store.ts';
import {
  type Product,
  type ProductSetting,
  setProduct,
  stockTables,
  toProduct,
  toProductKey,
} from './stock.ts';

export interface Catalogue {
  /** By product id, after `after`, at most `limit`. */
  products(page: { readonly after?: string; readonly limit: number }): Promise<readonly Product[]>;
  product(productId: string): Promise<Product | undefined>;
  /**
   * Sets what a product is and how much is on hand.
   * @throws AppError `stock-below-held` when orders have reserved more than `onHand`; nothing is changed.
   */
  putProduct(productId: string, setting: ProductSetting, at: number): Promise<Product>;
  /** Puts these products into a catalogue that has none; otherwise changes nothing. Returns whether it did. */
  seedProducts(
    products: readonly (ProductSetting & { readonly productId: string })[],
    at: number,
  ): Promise<boolean>;
}

export const createCatalogue = (store: Store): Catalogue => {
  const readPage: Catalogue['products'] = async (page) =>
    (await store.rows(stockTables.products, page)).flatMap((row) => toProduct(row) ?? []);
  return {
    products: readPage,
    product: async (productId) => toProduct(await store.row(toProductKey(productId))),
    putProduct: (productId, setting, at) =>
      changeRows(store, [toProductKey(productId)], (rows) =>
        setProduct(rows, productId, setting, { why: 'set', at }),
      ),
    seedProducts: async (products, at) => {
      if ((await readPage({ limit: 1 })).length > 0) return false;
      const keys = products.map(({ productId }) => toProductKey(productId));
      await changeRows(store, keys, (rows) => {
        for (const product of products) setProduct(rows, product.productId, product, { why: 'seeded', at });
      });
      return true;
    },
  };
};

/**
 * Changes rows in one batch of their own; those under `keys` are loaded at once.
 * @throws what `change` throws; then nothing is changed.
 */
export const changeRows = async <T>(
  store: Store,
  keys: readonly string[],
  change: (rows: Rows) => T,
  tries = 1,
): Promise<T> => {
  const needs = (rows: readonly string[]) => ({ orders: new Map(), received: [], keys: [], rows });
  const batch = await store.open(needs(keys));
  try {
    const batchRows = new BatchRows();
    batchRows.add(keys, batch.loaded.rows);
    for (;;) {
      const rows = batchRows.forOrder();
      try {
        const result = change(rows);
        rows.keep();
        await batch.write({ orders: [], rows: batchRows.toChanges(), lease: { owner: '', until: 0 } });
        return result;
      } catch (error) {
        if (!(error instanceof RowNeeded)) throw error;
        await batch.load(needs([error.key]));
        batchRows.add([error.key], batch.loaded.rows);
      }
    }
  } catch (error) {
    if (!(error instanceof StaleBatch) || tries > limits.staleRetries) throw error;
    return changeRows(store, keys, change, tries + 1);
  } finally {
    batch.release();
  }
};
