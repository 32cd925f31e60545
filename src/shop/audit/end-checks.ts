// How orders end: with stock and money as the end state requires. Only orders at rest (settled, without an incident) are
// checked; what a person decided in an incident counts as decided.
import { type Results, textIn } from '../../audit.ts';
import type { ShopCheck } from './checks.ts';
import type { ShopOrder } from './shop-order.ts';

type ShopResults = Results<ShopCheck>;

const withoutSale = ['failed', 'cancelled', 'rejected'];

export const checkEnd = (shopOrder: ShopOrder, results: ShopResults): void => {
  const { orderId, order, isAtRest, reservations } = shopOrder;
  if (!isAtRest) return;
  const isReserved = reservations.some(({ status }) => status === 'held');
  const problem = () => `it is ${order.state}, and its stock is still reserved`;
  results.expect('noStockLeftReserved', orderId, !isReserved, problem);
  if (order.state === 'completed') checkCompleted(shopOrder, results);
  if (withoutSale.includes(order.state)) checkWithoutSale(shopOrder, results);
};

const checkCompleted = (shopOrder: ShopOrder, results: ShopResults): void => {
  const { orderId, reservations, messages, due, taken, eventsOf } = shopOrder;
  results.count('endStatesRight');
  const report = (problem: string) => results.violate('endStatesRight', orderId, problem);
  if (taken !== due) report(`it is completed, and ${taken} of ${due} was taken`);
  const isCommitted = reservations.some(({ status }) => status === 'sold');
  if (!isCommitted) report('it is completed, and its stock is not committed');
  const completions = eventsOf('order.completed').length;
  if (completions !== 1) report(`it is completed, and the journal has that ${completions} times`);
  const asked = new Set(
    messages
      .filter(({ type, disposition }) => type === 'order.refund' && disposition === 'applied')
      .map(({ fields }) => textIn(fields, 'refundId')),
  );
  for (const { seq, fields } of eventsOf('payment.refunded')) {
    if (!asked.has(textIn(fields, 'refundId'))) report(`event ${seq} is a refund that nobody asked for`);
  }
};

const checkWithoutSale = (shopOrder: ShopOrder, results: ShopResults): void => {
  const { orderId, order, reservations, taken, returned, lost, wasResolved } = shopOrder;
  results.count('endStatesRight');
  const report = (problem: string) =>
    results.violate('endStatesRight', orderId, `it is ${order.state}, and ${problem}`);
  if (taken > returned + lost && !wasResolved('payment', 'not-refunded')) {
    report(`${taken - returned - lost} was not given back`);
  }
  if (reservations.some(({ status }) => status === 'sold')) report('its stock is committed');
};
