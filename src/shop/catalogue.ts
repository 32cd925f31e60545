// The products of the shop, for people and for seeding: reads what is committed, and changes products in a batch of
// their own, so that no order is decided meanwhile on what changes.
import type { Rows } from '../application.ts';
import { BatchRows, RowNeeded } from '../batch-rows.ts';
import { AppError } from '../errors.ts';
import type { Answer, Idempotency, Outcome } from '../host.ts';
import { limits } from '../limits.ts';
import { type IdempotencyRecord, type Loaded, type Needs, StaleBatch, type Store } from '../store.ts';
import {
  type Adjustment,
  addProduct,
  adjustStock,
  type Description,
  describeProduct,
  type NewProduct,
  type Product,
  stockIsNotSet,
  stockTables,
  toProduct,
  toProductKey,
} from './stock.ts';

/** A product after a change, and the answer that is stored for the key that the change was asked under. */
export interface Adjusted {
  readonly product: Product;
  readonly answer: Answer | undefined;
}

/** What a product is, and of a new one its stock. */
export interface Setting extends Description {
  /** Needed for a new product, refused for one that exists: its stock is changed by differences. */
  readonly onHand?: number;
}

export interface Catalogue {
  /** By product id, after `after`, at most `limit`. */
  products(page: { readonly after?: string; readonly limit: number }): Promise<readonly Product[]>;
  product(productId: string): Promise<Product | undefined>;
  /** @throws AppError `stock-not-set` when there is such a product; nothing is changed. */
  addProduct(productId: string, product: NewProduct, at: number): Promise<Product>;
  /**
   * Makes a product, or says anew what it is if there is one; in one batch, so that two who put the same product make one.
   * Left out, `ifRevision` is any, and none.
   * @throws AppError `stock-not-set` when there is such a product and `onHand` is given, `invalid-request` when it is new and
   * `onHand` is left out, or `product-changed` when the product has another revision, or none; nothing is changed.
   */
  putProduct(productId: string, setting: Setting, at: number, ifRevision?: number): Promise<Product>;
  /**
   * Says what a product is. Its stock is not touched, so what orders do meanwhile is never lost.
   * Left out, `ifRevision` is any.
   * @throws AppError `product-not-found`, or `product-changed` when the product has another revision; nothing is changed.
   */
  describeProduct(productId: string, description: Description, ifRevision?: number): Promise<Product>;
  /**
   * Changes what is on hand by a difference, recorded in the ledger; once per idempotency key.
   * @throws AppError `product-not-found`, or `stock-below-held` when orders have reserved more than would be left.
   */
  adjustStock(adjustment: Adjustment, idempotency?: Idempotency<Product>): Promise<Outcome<Adjusted>>;
  /** Puts these products into a catalogue that has none; otherwise changes nothing. Returns whether it did. */
  seedProducts(
    products: readonly (NewProduct & { readonly productId: string })[],
    at: number,
  ): Promise<boolean>;
}

export const createCatalogue = (store: Store): Catalogue => {
  const readPage: Catalogue['products'] = async (page) =>
    (await store.rows(stockTables.products, page)).flatMap((row) => toProduct(row) ?? []);
  return {
    products: readPage,
    product: async (productId) => toProduct(await store.row(toProductKey(productId))),
    addProduct: (productId, product, at) =>
      changeRows(store, [toProductKey(productId)], (rows) =>
        addProduct(rows, productId, product, { why: 'set', at }),
      ),
    putProduct: (productId, setting, at, ifRevision) =>
      changeRows(store, [toProductKey(productId)], (rows) =>
        putProduct(rows, productId, setting, at, ifRevision),
      ),
    describeProduct: (productId, description, ifRevision) =>
      changeRows(store, [toProductKey(productId)], (rows) =>
        describeProduct(rows, productId, description, ifRevision),
      ),
    adjustStock: (adjustment, idempotency) => {
      const needs = {
        rows: [toProductKey(adjustment.productId)],
        keys: idempotency === undefined ? [] : [idempotency],
      };
      return decideRows(store, needs, (rows, loaded) => adjustOnce(rows, loaded, adjustment, idempotency));
    },
    seedProducts: async (products, at) => {
      if ((await readPage({ limit: 1 })).length > 0) return false;
      const keys = products.map(({ productId }) => toProductKey(productId));
      return changeRows(store, keys, (rows) => {
        // Another node may have put them in since.
        if (keys.some((key) => rows.get(key) !== undefined)) return false;
        for (const product of products) addProduct(rows, product.productId, product, { why: 'seeded', at });
        return true;
      });
    },
  };
};

const putProduct = (
  rows: Rows,
  productId: string,
  { onHand, ...description }: Setting,
  at: number,
  ifRevision: number | undefined,
): Product => {
  if (toProduct(rows.get(toProductKey(productId))) !== undefined) {
    if (onHand !== undefined) throw stockIsNotSet(productId);
    return describeProduct(rows, productId, description, ifRevision);
  }
  if (ifRevision !== undefined) throw new AppError('product-changed', `There is no product ${productId}.`);
  if (onHand === undefined) {
    const errors = [{ path: '/onHand', message: 'is required for a new product' }];
    throw new AppError('invalid-request', `/onHand: is required for a new product.`, { errors });
  }
  return addProduct(rows, productId, { ...description, onHand }, { why: 'set', at });
};

const adjustOnce = (
  rows: Rows,
  loaded: Loaded,
  adjustment: Adjustment,
  idempotency: Idempotency<Product> | undefined,
): Decided<Outcome<Adjusted>> => {
  if (idempotency === undefined) {
    const product = adjustStock(rows, adjustment);
    return { result: { outcome: 'done', result: { product, answer: undefined } }, answers: [] };
  }
  const { scope, key, fingerprint } = idempotency;
  const record = loaded.record(scope, key);
  if (record !== undefined) return { result: { outcome: 'replayed', record }, answers: [] };
  const product = adjustStock(rows, adjustment);
  const answer = idempotency.respond(product);
  const kept = {
    scope,
    key,
    fingerprint,
    orderId: '',
    version: product.revision,
    at: adjustment.at,
    ...answer,
  };
  return { result: { outcome: 'done', result: { product, answer } }, answers: [kept] };
};

/** What a batch leads to, and the answers that are stored with it. */
interface Decided<T> {
  readonly result: T;
  readonly answers: readonly IdempotencyRecord[];
}

/**
 * Changes rows in one batch of their own; those under `keys` are loaded at once.
 * @throws what `change` throws; then nothing is changed.
 */
export const changeRows = <T>(store: Store, keys: readonly string[], change: (rows: Rows) => T): Promise<T> =>
  decideRows(store, { rows: keys, keys: [] }, (rows) => ({ result: change(rows), answers: [] }));

const decideRows = async <T>(
  store: Store,
  { rows: rowKeys, keys }: Pick<Needs, 'rows' | 'keys'>,
  decide: (rows: Rows, loaded: Loaded) => Decided<T>,
  tries = 1,
): Promise<T> => {
  const toNeeds = (rows: readonly string[]) => ({
    orders: new Map(),
    received: [],
    keys,
    rows,
    isFresh: true,
  });
  const batch = await store.open(toNeeds(rowKeys));
  try {
    const batchRows = new BatchRows();
    batchRows.add(rowKeys, batch.loaded.rows);
    for (;;) {
      const rows = batchRows.forOrder();
      try {
        const { result, answers } = decide(rows, batch.loaded);
        rows.keep();
        const lease = { owner: '', until: 0 };
        await batch.write({ orders: [], rows: batchRows.toChanges(), idempotency: answers, lease });
        return result;
      } catch (error) {
        if (!(error instanceof RowNeeded)) throw error;
        await batch.load(toNeeds([error.key]));
        batchRows.add([error.key], batch.loaded.rows);
      }
    }
  } catch (error) {
    if (!(error instanceof StaleBatch) || tries > limits.staleRetries) throw error;
    return decideRows(store, { rows: rowKeys, keys }, decide, tries + 1);
  } finally {
    batch.release();
  }
};
