// How the inspector shows orders of the shop: words for the states of its charts, colours, forms of its moves, and what
// distinguishes an order in a list. None of it is stored.
import { formatMoney } from '../../machines/money.ts';
import { toRefundable } from '../../machines/order-context.ts';
import type { Display, MoveParts } from '../display.ts';
import type { Move } from '../step/view.ts';
import { deadlineWords, messageWords } from './message-words.ts';
import { toFacts } from './order-facts.ts';
import { toOutcome } from './outcome.ts';
import { sumShares } from './stock.ts';
import type { OrderView, ReadableOrderView } from './view.ts';

/** What an actor does while it asks a service: its call, and the pause before the next attempt. */
const calling = (path: string, call: string): Readonly<Record<string, string>> => ({
  [`${path}.asking`]: `Waiting for ${call}`,
  [`${path}.backingOff`]: `Retrying ${call}`,
});

/** In version 1 it is named `selling`. */
const committingStock = 'Paid; committing the reserved stock';

const states = {
  order: {
    placing: 'Waiting for the order',
    validating: 'Checking stock and prices',
    reserving: 'Reserving stock',
    'paying.charging': 'Waiting for the payment',
    'paying.awaitingCustomer': 'Waiting for the customer to confirm the payment at the bank (3-D Secure)',
    'paying.authorized': 'Authorised; waiting for capture',
    'paying.capturing': 'Capturing the payment',
    'paying.selling.asking': committingStock,
    'paying.committing.asking': committingStock,
    notifying: 'Sending the confirmation',
    'completed.closed': 'Completed',
    'completed.refunding.waiting': 'Refunding',
    'compensating.stock.returning': 'Releasing stock',
    'compensating.stock.returned': 'Stock released',
    'compensating.money.returning': 'Returning money',
    'compensating.money.returned': 'Money returned',
    rejected: 'Rejected as it was placed',
    failed: 'Failed; stock released and money returned',
    cancelled: 'Cancelled; stock released and money returned',
  },
  inventory: {
    idle: 'No stock requested',
    ...calling('checking', "the warehouse's stock check"),
    checked: 'In stock; not reserved yet',
    ...calling('reserving', "the warehouse's reservation"),
    reserved: 'Stock reserved; waiting for the payment',
    ...calling('committing', "the warehouse's commit"),
    ...calling('releasing', "the warehouse's release"),
    unavailable: 'Not in stock; nothing is reserved',
    committed: 'Stock committed',
    'committed.kept': 'Stock committed',
    ...calling('committed.returning', "the warehouse's return of refunded products"),
    released: 'Stock released',
  },
  payment: {
    idle: 'No payment requested',
    ...calling('charging', 'the charge'),
    ...calling('lookingUp', 'the look-up of the charge'),
    'awaitingCustomer.waiting': 'Waiting for the customer to confirm the charge at the bank',
    'awaitingCustomer.asking': 'Asking the bank whether the customer has confirmed the charge',
    authorized: 'Authorised; waiting for capture',
    ...calling('capturing', 'the capture'),
    ...calling('voiding', 'the void of the authorisation'),
    'charged.kept': 'Paid',
    ...calling('charged.refunding', 'the refund'),
    refunded: 'Nothing of the money is left: refunded, or lost in a dispute',
    declined: 'Declined by the bank',
    failed: 'The charge did not take effect; no more attempts',
    cancelled: 'Cancelled; no money is authorised or taken',
  },
  notification: {
    idle: 'No notice requested',
    'sending.asking': 'Sending the notice',
    'sending.backingOff': 'Retrying the notice',
    sent: 'Every notice sent',
  },
};

const commitUnconfirmed = 'the warehouse does not confirm that the reserved stock is committed';
const paidNotCommitted = 'the order is paid, but its reserved stock is not committed';

/** `sale-unconfirmed` and `paid-but-not-sold` are the names in version 1. */
const incidents = {
  'charge-unknown':
    'the outcome of the charge is unknown. Look it up at the bank; if it was charged, resolve with its transaction ID',
  'capture-unconfirmed': 'the bank does not confirm the capture',
  'void-unconfirmed': 'the bank does not confirm that the authorised money is free again',
  'commit-unconfirmed': commitUnconfirmed,
  'sale-unconfirmed': commitUnconfirmed,
  'release-unconfirmed': 'the warehouse does not release the stock',
  'paid-but-not-committed': paidNotCommitted,
  'paid-but-not-sold': paidNotCommitted,
  'stock-not-returned': 'the stock is not released',
  'money-not-returned': 'the money is not returned',
  'refund-overdue': 'the refund is overdue',
  'refund-unconfirmed': 'the bank does not confirm the refund',
  'payment-disputed':
    'the customer disputes the payment at the bank. Send evidence there before its deadline, or accept the loss',
  'check-unanswered': 'the warehouse does not answer the check of stock and prices',
  'reservation-unconfirmed': 'the warehouse does not confirm the reservation',
  'return-unconfirmed': 'the warehouse does not confirm that refunded products are back in stock',
  'notice-unsent': 'the notice cannot be sent',
};

const reason = { name: 'reason', label: 'Reason' };

const holding = /^(?:reserved|committing|releasing)/;
const isHolding = ({ actors }: OrderView): boolean => holding.test(actors['inventory']?.state ?? '');

const toLeft = (view: ReadableOrderView): string => formatMoney(toRefundable(view), view.currency);

/** By amount, or by product at its price of the order. Version 1 takes a part of a refund by amount alone. */
const toParts = (view: OrderView, { upTo, lines = [] }: Move): MoveParts | undefined => {
  if (view.unreadable !== undefined || upTo === undefined) return undefined;
  const priced = lines.flatMap(({ productId, quantity }) => {
    const item = view.items.find((each) => each.productId === productId);
    return item === undefined ? [] : [{ productId, name: item.name, quantity, unitPrice: item.unitPrice }];
  });
  return { currency: view.currency, upTo, lines: priced };
};

/** An order that cannot be read has no moves. */
const saying =
  (say: (view: ReadableOrderView) => string) =>
  (view: OrderView): string =>
    view.unreadable === undefined ? say(view) : '';

/** Which try of how many, for a context that counts its tries. */
const toAttempt = (context: Readonly<Record<string, unknown>>): string | undefined => {
  const { retrying, lookUps, tries } = context;
  const count = Number(lookUps) || Number(tries) || 0;
  if (count === 0 || typeof retrying !== 'object' || retrying === null || !('attempts' in retrying))
    return undefined;
  return `attempt ${count} of ${retrying.attempts}`;
};

export const shopDisplay: Display<OrderView> = {
  labels: { owner: 'Customer', holding: 'Product' },
  states,
  messages: messageWords,
  deadlines: deadlineWords,
  incidents,
  tones: { completed: 'good', 'completed.refunding': 'undoing', compensating: 'undoing' },
  started: 'order.created',
  declines: ['gateway.declined'],
  moves: {
    cancel: {
      label: 'Cancel order',
      fields: [{ ...reason, label: 'Reason, kept in the history' }],
      isDangerous: true,
      isBulk: true,
      consequence: () => 'Releases reserved stock, returns money, and notifies the customer.',
    },
    capture: {
      label: 'Capture payment',
      consequence: saying(
        ({ amount, currency }) =>
          `Captures the authorised ${formatMoney(amount, currency)}, or a part of it; the bank releases the rest.`,
      ),
      parts: toParts,
    },
    refund: {
      label: 'Refund',
      path: 'refunds',
      fields: [reason],
      consequence: saying((view) => `${toLeft(view)} can still be refunded. The customer is told.`),
      parts: toParts,
    },
    resolve: {
      fields: [
        { name: 'transactionId', label: "The bank's transaction ID, if it was charged", outcome: 'charged' },
        { name: 'note', label: 'Note', isRequired: true },
      ],
    },
  },
  details: (view) => {
    if (view.unreadable !== undefined) return [];
    const { amount, refundedAmount, currency } = view;
    const total = formatMoney(amount, currency);
    return refundedAmount > 0 ? [total, `${formatMoney(refundedAmount, currency)} refunded`] : [total];
  },
  facts: toFacts,
  stake: (view) =>
    view.unreadable === undefined && isHolding(view)
      ? `reserved: ${view.items.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ')}`
      : undefined,
  outcome: toOutcome,
  attempt: toAttempt,
  holdings: (view) => {
    if (view.unreadable !== undefined) return [];
    return sumShares(view.items).map(({ productId, quantity }) => ({
      id: productId,
      quantity,
      isHeld: isHolding(view),
      until: view.deadlines.find(({ name }) => name === 'reservationExpiry')?.dueAt ?? null,
    }));
  },
};
