// The shipped charts with one bug each: what a careless change could do to money. Each is a system of its own;
// tests check that none of the effects leaves the step.
import { assign, enqueueActions } from 'xstate';
import { chartParts } from '../../machines/chart.ts';
import type { DomainEvent, MessageTo } from '../../machines/messages.ts';
import { orderChart } from '../../machines/order.ts';
import type { OrderContext } from '../../machines/order-context.ts';
import { paymentChart } from '../../machines/payment.ts';
import type { newPayment } from '../../machines/payment-context.ts';
import { orderSystem } from './stories.ts';

type PaymentContext = typeof newPayment;
const { tell } = chartParts<PaymentContext, MessageTo<'payment'>>('payment');
const { tell: tellFromOrder } = chartParts<OrderContext, MessageTo<'order'>>('order');

type Charge = Extract<MessageTo<'gateway'>, { type: 'gateway.charge' }>;
const toCharge = (context: PaymentContext, changed: Partial<Charge> = {}): Charge => {
  const { key, attempt, amount, currency, method, capture } = context;
  return { type: 'gateway.charge', key, attempt, amount, currency, method, capture, ...changed };
};
const charging = (change: (context: PaymentContext) => Partial<Charge>) =>
  tell('gateway', ({ context }) => toCharge(context, change(context)));

type PaymentActions = NonNullable<Parameters<typeof paymentChart.provide>[0]['actions']>;
const withPayment = (actions: PaymentActions) => ({
  ...orderSystem,
  charts: { ...orderSystem.charts, payment: paymentChart.provide({ actions }) },
});

/** Orders of another amount are charged as they should be. */
export const chargesTwice = (wrong: number) =>
  withPayment({
    askForCharge: charging(({ amount }) => ({ amount: amount === wrong ? 2 * amount : amount })),
  });
export const chargesInAnotherCurrency = withPayment({ askForCharge: charging(() => ({ currency: 'EUR' })) });
/** As if a time-out meant that nothing was charged. */
export const chargesAgainUnderANewKey = withPayment({
  askForLookUp: charging(({ orderId }) => ({ key: `${orderId}/charge/2` })),
});
export const chargesAgainOncePaid = withPayment({
  reportCompleted: enqueueActions<
    PaymentContext,
    MessageTo<'payment'>,
    undefined,
    MessageTo<'payment'>,
    never,
    never,
    never,
    never,
    DomainEvent
  >(({ context, system, enqueue }) => {
    const { amount, currency, transactionId } = context;
    const completed: MessageTo<'order'> = { type: 'payment.completed', amount, currency, transactionId };
    enqueue.sendTo(system.get('order'), completed);
    enqueue.sendTo(system.get('gateway'), toCharge(context));
  }),
});
export const asksWithTheKey = (toKey: (orderId: string) => string) =>
  withPayment({ askForCharge: charging(({ orderId }) => ({ key: toKey(orderId) })) });
export const refundsMoreThanAsked = withPayment({
  askForRefund: tell('gateway', ({ context }) => {
    const { key, attempt, transactionId, currency, refundAmount } = context;
    const amount = refundAmount + context.amount;
    return { type: 'gateway.refund', key, attempt, transactionId, currency, amount };
  }),
});
export const countsMoreThanItTook = withPayment({
  noteCapture: assign(({ context }) => ({ captured: 2 * context.amount })),
});
export const countsMoreBackThanItTook = withPayment({
  noteRefund: assign({ refunded: 17_501, refundAmount: 0 }),
});
export const freesAnotherCharge = withPayment({
  askForVoid: tell('gateway', ({ context: { orderId, attempt, transactionId } }) => ({
    type: 'gateway.void',
    key: `${orderId}/void/2`,
    attempt,
    transactionId,
  })),
});

const asksForPaymentInsteadOfStock = tellFromOrder('payment', ({ context }) => ({
  type: 'payment.charge',
  orderId: context.orderId,
  amount: context.amount,
  currency: context.currency,
  method: 'card',
  capture: 'at-once',
  retrying: context.policy.payment,
}));
export const chargesWithoutStock = {
  ...orderSystem,
  charts: {
    ...orderSystem.charts,
    order: orderChart.provide({ actions: { askToReserve: asksForPaymentInsteadOfStock } }),
  },
};
