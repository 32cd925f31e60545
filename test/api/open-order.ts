// An API with one order that has come as far as a test of moves needs it. It asserts nothing.
import type { OrderView } from '../../src/shop/view.ts';
import { type Answer, chargeAll, eachEvent } from '../hosts/harness.ts';
import { createEdge, type Edge, withIncident } from './edge.ts';

type Given = NonNullable<Parameters<typeof createEdge>[0]>;
export const key = { 'idempotency-key': 'key-1' };

/** An API with `order-1`, once that order is as a test needs it. */
const open = async (given: Given, isThere: (view: OrderView) => boolean) => {
  const edge = await createEdge(given);
  await edge.add('order-1');
  const leaving = new AbortController();
  let order: OrderView | undefined;
  for await (const { orderId } of eachEvent(edge.runner.watch({ after: 0, signal: leaving.signal }))) {
    order = await edge.runner.get(orderId);
    if (order !== undefined && isThere(order)) break;
  }
  leaving.abort();
  if (order === undefined) throw new Error('the order did not come there');
  return { ...edge, order };
};
const authorize: Answer<'gateway'> = (call) => {
  const { command } = call;
  if (command.type === 'gateway.capture') return { type: 'gateway.captured' };
  if (command.type !== 'gateway.charge') return chargeAll(call);
  const { amount, currency } = command;
  return { type: 'gateway.authorized', transactionId: 'txn', amount, currency };
};
export const openPaying = (given: Given = {}) => open(given, ({ state }) => state === 'paying');
export const openCompleted = () => open({ gateway: chargeAll }, ({ settled }) => settled);
export const openWithIncident = () => open(withIncident, ({ incidents }) => incidents.length > 0);
const openAuthorised = () =>
  open({ gateway: authorize, settings: { PAYMENT_CAPTURE: 'later' } }, ({ moves }) =>
    moves.some(({ move }) => move === 'capture'),
  );
export const opens = {
  cancel: openPaying,
  capture: openAuthorised,
  refunds: openCompleted,
  retry: openWithIncident,
  resolve: openWithIncident,
};
/** What the order received after it was as `order`. */
export const receivedSince = async ({ runner, order }: Edge & { readonly order: OrderView }) =>
  (await runner.received('order-1', order.version, 100)).filter(({ type }) =>
    /^(order|incident)\./.test(type),
  );
