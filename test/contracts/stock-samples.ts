// What the tests of the shop's stock do to it, and the product that they do it to. It asserts nothing.
import { type Catalogue, changeRows } from '../../src/shop/catalogue.ts';
import {
  commit as commitStock,
  type NewProduct,
  type Product,
  release as releaseStock,
  reserve as reserveStock,
  type Share,
  toProductKey,
  toReservationKey,
} from '../../src/shop/stock.ts';
import type { Store } from '../../src/store.ts';
import { noon } from './store-samples.ts';

export interface Shop {
  readonly store: Store;
  readonly catalogue: Catalogue;
}

export const toSetting = (changes: Partial<NewProduct> = {}): NewProduct => ({
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
