// How an order of the shop ended, in sentences: `Failed: the bank declined the payment (card-declined). Stock released.`
// It reads the order's view and messages, and decides nothing.

import type { Problem } from '../../machines/messages.ts';
import { formatMoney } from '../../machines/money.ts';
import type { Received } from '../step/effect.ts';
import { describeDecline } from './decline-codes.ts';
import type { OrderView, ReadableOrderView } from './view.ts';

const toSentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/\.?$/, '.');

const problemTexts: Readonly<Record<Problem['kind'], string>> = {
  'unknown-product': 'is not in the catalogue',
  'price-changed': 'has another price now',
  'currency-changed': 'is sold in another currency now',
  'insufficient-stock': 'is not in stock in this quantity',
};

const toProblem = ({ productId, kind, requested, available }: Problem): string => {
  const counts = available === undefined ? '' : ` (${requested} ordered, ${available} available)`;
  return `${productId} ${problemTexts[kind]}${counts}`;
};

/** Why it was not completed. */
const toCause = (
  { failure, problems }: ReadableOrderView,
  received: readonly Pick<Received, 'type' | 'data'>[],
): string => {
  const [problem, ...others] = problems;
  if (problem !== undefined) {
    const more =
      others.length === 0
        ? ''
        : `, and ${others.length} more ${others.length === 1 ? 'problem' : 'problems'}`;
    return `${toProblem(problem)}${more}`;
  }
  if (failure === null) return 'no reason is recorded';
  const declined = received.findLast(({ type }) => type === 'gateway.declined')?.data['code'];
  const code =
    failure.kind === 'payment-declined' && typeof declined === 'string'
      ? ` (${describeDecline(declined)})`
      : '';
  return `${failure.text.replace(/\.$/, '')}${code}`;
};

/** @param received the order's messages so far, oldest first */
export const toOutcome = (view: OrderView, received: readonly Pick<Received, 'type' | 'data'>[]): string => {
  if (view.unreadable !== undefined) return `Unreadable: ${view.unreadable}`;
  const { state, paidAmount, refundedAmount, currency, actors } = view;
  const has = (type: string): boolean => received.some((each) => each.type === type);
  const sentences = [
    state === 'completed'
      ? `Completed: ${formatMoney(paidAmount, currency)} paid`
      : `${state}: ${toCause(view, received)}`,
    ...(has('warehouse.reserved') && actors['inventory']?.state === 'released' ? ['Stock released'] : []),
    ...(has('gateway.voided') ? ['Authorisation voided'] : []),
    ...(refundedAmount > 0 ? [`${formatMoney(refundedAmount, currency)} refunded`] : []),
  ];
  return sentences.map(toSentence).join(' ');
};
