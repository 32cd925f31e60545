// The built-in warehouse: checks, reserves, releases and sells stock that lives in the store. It never
// keeps anything itself and never acts outside the commit that asked. It exists so that an order's stock
// and its next state are written in one transaction.
import { sumByProduct } from '../../machines/lines.ts';
import type { Problem } from '../../machines/messages.ts';
import type { CommandTo, InsideService, ReplyFrom, ServiceCall } from '../service.ts';
import type { Shortage, Stock } from '../store.ts';

type Command<T extends CommandTo<'warehouse'>['type']> = Extract<CommandTo<'warehouse'>, { type: T }>;
type Answer = Promise<ReplyFrom<'warehouse'>>;

/** The warehouse of this shop. Everything it knows is in the `Stock` that comes with each call. */
export const createWarehouse = (): InsideService<'warehouse'> => ({
  name: 'warehouse',
  place: 'inside',
  answer: (call, stock) => {
    const { command } = call;
    switch (command.type) {
      case 'warehouse.check':
        return check(command, stock);
      case 'warehouse.reserve':
        return reserve(command, call, stock);
      case 'warehouse.release':
        return release(call, stock);
      case 'warehouse.commit':
        return commit(call, stock);
    }
  },
});

const check = async ({ lines }: Command<'warehouse.check'>, stock: Stock): Answer => {
  const shares = sumByProduct(lines);
  const products = await stock.products(shares.map(({ productId }) => productId));
  const problems: Problem[] = [];
  for (const { productId, unitPrice, currency } of lines) {
    const product = products.get(productId);
    if (product && product.unitPrice !== unitPrice) {
      problems.push({ productId, kind: 'price-changed', expected: unitPrice, actual: product.unitPrice });
    }
    if (product && product.currency !== currency) {
      problems.push({ productId, kind: 'currency-changed', expected: currency, actual: product.currency });
    }
  }
  for (const { productId, quantity } of shares) {
    const product = products.get(productId);
    if (!product) problems.push({ productId, kind: 'unknown-product' });
    else if (product.available < quantity) {
      problems.push(toProblem({ productId, quantity, available: product.available }));
    }
  }
  return { type: 'warehouse.checked', problems };
};

const reserve = async (
  { lines, ttlMs }: Command<'warehouse.reserve'>,
  { orderId, at }: ServiceCall<'warehouse'>,
  stock: Stock,
): Answer => {
  const hold = await stock.hold(orderId, sumByProduct(lines), at + ttlMs, at);
  switch (hold.outcome) {
    case 'held':
      return { type: 'warehouse.reserved' };
    case 'ended':
      return { type: 'warehouse.refused', reason: 'reservation-ended' };
    case 'insufficient':
      return { type: 'warehouse.insufficient', problems: hold.shortages.map(toProblem) };
  }
};

const release = async ({ orderId, at }: ServiceCall<'warehouse'>, stock: Stock): Answer =>
  (await stock.release(orderId, at)) === 'committed'
    ? { type: 'warehouse.refused', reason: 'already-sold' }
    : { type: 'warehouse.released' };

const commit = async ({ orderId, at }: ServiceCall<'warehouse'>, stock: Stock): Answer =>
  (await stock.sell(orderId, at)) === 'sold'
    ? { type: 'warehouse.committed' }
    : { type: 'warehouse.refused', reason: 'not-held' };

const toProblem = ({ productId, quantity, available }: Shortage): Problem => ({
  productId,
  kind: 'insufficient-stock',
  requested: quantity,
  available,
});
