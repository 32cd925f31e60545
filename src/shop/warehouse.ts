// The built-in warehouse: checks, reserves, releases and sells stock that lives in the store. It keeps nothing itself
// and acts only within the decision that asked, so that an order's stock and its next state are written together.
import type { Line, Problem } from '../../machines/messages.ts';
import type { Rows } from '../application.ts';
import type { InsideService, ServiceCall } from '../service.ts';
import type { CommandTo, ReplyFrom } from './services.ts';
import { commit, readProducts, release, reserve, returnSold, type Shortage, sumShares } from './stock.ts';

type WarehouseCommand = CommandTo<'warehouse'>;
type Command<T extends WarehouseCommand['type']> = Extract<WarehouseCommand, { type: T }>;
type Call = ServiceCall<WarehouseCommand>;
type Reply = ReplyFrom<'warehouse'>;

/** The warehouse of this shop. Everything it knows is in the rows that come with each call. */
export const createWarehouse = (): InsideService<WarehouseCommand, Reply> => ({
  name: 'warehouse',
  place: 'inside',
  answer: (call, rows) => {
    const { command } = call;
    switch (command.type) {
      case 'warehouse.check':
        return check(command, rows);
      case 'warehouse.reserve':
        return answerReserve(command, call, rows);
      case 'warehouse.release':
        return answerRelease(call, rows);
      case 'warehouse.commit':
        return answerCommit(call, rows);
      case 'warehouse.return':
        return answerReturn(command, call, rows);
    }
  },
});

const check = ({ lines }: Command<'warehouse.check'>, rows: Rows): Reply => {
  const shares = sumShares(lines);
  const products = readProducts(
    rows,
    shares.map(({ productId }) => productId),
  );
  const problems: Problem[] = [...findChanges(lines, products)];
  for (const { productId, quantity } of shares) {
    const product = products.get(productId);
    if (!product) problems.push({ productId, kind: 'unknown-product' });
    else if (product.available < quantity) {
      problems.push(toProblem({ productId, quantity, available: product.available }));
    }
  }
  return { type: 'warehouse.checked', problems };
};

/** Prices and currencies that are not the catalogue's any more. */
const findChanges = (lines: readonly Line[], products: ReturnType<typeof readProducts>): Problem[] =>
  lines.flatMap(({ productId, unitPrice, currency }) => {
    const product = products.get(productId);
    const problems: Problem[] = [];
    if (product && product.unitPrice !== unitPrice) {
      problems.push({ productId, kind: 'price-changed', expected: unitPrice, actual: product.unitPrice });
    }
    if (product && product.currency !== currency) {
      problems.push({ productId, kind: 'currency-changed', expected: currency, actual: product.currency });
    }
    return problems;
  });

const answerReserve = (
  { lines, ttlMs }: Command<'warehouse.reserve'>,
  { orderId, at }: Call,
  rows: Rows,
): Reply => {
  const result = reserve(rows, orderId, lines, at + ttlMs, at);
  switch (result.outcome) {
    case 'reserved':
      return { type: 'warehouse.reserved' };
    case 'ended':
      return { type: 'warehouse.refused', reason: 'reservation-ended' };
    case 'insufficient':
      return { type: 'warehouse.insufficient', problems: result.shortages.map(toProblem) };
  }
};

const answerRelease = ({ orderId, at }: Call, rows: Rows): Reply =>
  release(rows, orderId, at) === 'committed'
    ? { type: 'warehouse.refused', reason: 'already-committed' }
    : { type: 'warehouse.released' };

const answerCommit = ({ orderId, at }: Call, rows: Rows): Reply =>
  commit(rows, orderId, at) === 'committed'
    ? { type: 'warehouse.committed' }
    : { type: 'warehouse.refused', reason: 'not-reserved' };

const answerReturn = ({ lines }: Command<'warehouse.return'>, { orderId, at }: Call, rows: Rows): Reply =>
  returnSold(rows, orderId, lines, at) === 'returned'
    ? { type: 'warehouse.returned' }
    : { type: 'warehouse.refused', reason: 'not-sold' };

const toProblem = ({ productId, quantity, available }: Shortage): Problem => ({
  productId,
  kind: 'insufficient-stock',
  requested: quantity,
  available,
});
