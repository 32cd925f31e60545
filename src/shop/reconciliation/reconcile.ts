// Compares what a provider did in some time with the store, both ways. Whatever differs is looked at a second time, from
// what both sides say then, so that nothing is reported that was only on its way. It changes neither side.
import { compareOrder, type Difference, type Theirs } from './compare.ts';
import { findOrdersWithMoney, type MoneySource, type OrderMoney, readOrderMoney } from './order-money.ts';
import type { PaymentProvider, ProviderPayment, ProviderRefund, Range } from './provider.ts';

export interface Reconciliation {
  /** What was compared. */
  readonly orders: number;
  readonly payments: number;
  readonly refunds: number;
  readonly differences: readonly Difference[];
  /** Orders that differ, and whose payment is still under way. */
  readonly pending: readonly string[];
}

interface ReconcileParts {
  readonly provider: PaymentProvider;
  readonly source: MoneySource;
  readonly range: Range;
}

export const reconcile = async ({ provider, source, range }: ReconcileParts): Promise<Reconciliation> => {
  // The provider first: what it has, the store had decided before.
  const payments = await collect<ProviderPayment>(provider.payments(range));
  const refunds = await collect<ProviderRefund>(provider.refunds(range));
  const orderIds = new Set([
    ...payments.byOrder.keys(),
    ...refunds.byOrder.keys(),
    ...(await findOrdersWithMoney(source, range)),
  ]);
  const differences: Difference[] = [];
  const pending: string[] = [];
  for (const orderId of orderIds) {
    const listed = {
      payments: payments.byOrder.get(orderId) ?? [],
      refunds: refunds.byOrder.get(orderId) ?? [],
    };
    const order = await readOrderMoney(source, orderId);
    if (compareOrder(narrow(order, listed, range), listed, provider).length === 0) continue;
    const again = await lookAgain(order, listed, { provider, source });
    if (again.isPending && again.found.length > 0) pending.push(orderId);
    else differences.push(...again.found);
  }
  const counts = { orders: orderIds.size, payments: payments.count, refunds: refunds.count };
  return { ...counts, differences, pending };
};

const collect = async <Item extends { readonly orderId: string }>(items: AsyncIterable<Item>) => {
  const byOrder = new Map<string, Item[]>();
  let count = 0;
  for await (const item of items) {
    byOrder.set(item.orderId, [...(byOrder.get(item.orderId) ?? []), item]);
    count += 1;
  }
  return { byOrder, count };
};

/** What the list of this time should have, or has. */
const narrow = (order: OrderMoney, listed: Theirs, { from, to }: Range): OrderMoney => {
  const ids = new Set(listed.payments.map(({ id }) => id));
  const keys = new Set(listed.refunds.map(({ key }) => key));
  const isIn = (at: number): boolean => at >= from && at <= to;
  return {
    ...order,
    taken: order.taken.filter(({ at, transactionId }) => isIn(at) || ids.has(transactionId)),
    held: order.held.filter(({ at, transactionId }) => isIn(at) || ids.has(transactionId)),
    refunds: order.refunds.filter(({ at, key }) => isIn(at) || keys.has(key)),
  };
};

/** All of the order's payments and refunds, whenever they were made, as they are now. */
const lookAgain = async (
  before: OrderMoney,
  listed: Theirs,
  { provider, source }: Pick<ReconcileParts, 'provider' | 'source'>,
): Promise<{ readonly found: readonly Difference[]; readonly isPending: boolean }> => {
  const { orderId } = before;
  const ids = new Set([
    ...listed.payments.map(({ id }) => id),
    ...listed.refunds.map(({ paymentId }) => paymentId),
    ...[...before.taken, ...before.held, ...before.refunds].map(({ transactionId }) => transactionId),
  ]);
  const payments: ProviderPayment[] = [];
  const refunds: ProviderRefund[] = [];
  for (const id of ids) {
    const payment = await provider.payment(id);
    if (payment?.orderId !== orderId) continue;
    payments.push(payment);
    refunds.push(...(await provider.refundsOf(id)));
  }
  const order = await readOrderMoney(source, orderId);
  // What the store has learned meanwhile may be later than what was read of the provider.
  const isPending = before.isPending || order.isPending || hasMoved(before, order);
  return { found: compareOrder(order, { payments, refunds }, provider), isPending };
};

const hasMoved = (before: OrderMoney, after: OrderMoney): boolean =>
  JSON.stringify({ ...before, isPending: false }) !== JSON.stringify({ ...after, isPending: false });
