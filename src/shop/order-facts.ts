// What the inspector lists of an order beside its state: what was bought and refunded, where it is paid, its disputes. It reads
// the order's view, and decides nothing.
import { formatMoney } from '../../machines/money.ts';
import type { Fact } from '../display.ts';
import type { OrderView, ReadableOrderView } from './view.ts';

/** A discount is negative: `−5.00 USD`. */
const toSignedMoney = (amount: number, currency: string): string =>
  amount < 0 ? `−${formatMoney(-amount, currency)}` : formatMoney(amount, currency);

const toNames = ({ items }: ReadableOrderView): ReadonlyMap<string, string> =>
  new Map(items.map(({ productId, name }) => [productId, name]));

/** `2026-01-31T12:00:00.000Z` → `2026-01-31 12:00 UTC`; what a provider writes otherwise stays as it is. */
const toUtc = (instant: string): string =>
  instant.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/, '$1 $2 UTC');

const toDispute = (
  { disputeId, amount, reason, state, evidenceDueAt }: ReadableOrderView['disputes'][number],
  currency: string,
): Fact => {
  const until = state === 'open' && evidenceDueAt !== null ? `, evidence until ${toUtc(evidenceDueAt)}` : '';
  return {
    label: 'Dispute',
    text: `${state}: ${formatMoney(amount, currency)}, ${reason}${until} (${disputeId})`,
  };
};

const listOf = (label: string, texts: readonly string[]): readonly Fact[] =>
  texts.length === 0 ? [] : [{ label, text: texts.join('; ') }];

export const toFacts = (view: OrderView): readonly Fact[] => {
  if (view.unreadable !== undefined) return [];
  const { items, adjustments, currency, locale, reference, provider, refundedLines, disputes } = view;
  const names = toNames(view);
  const bought = items.map(
    ({ quantity, name, lineTotal }) => `${quantity} × ${name} ${formatMoney(lineTotal, currency)}`,
  );
  const beside = adjustments.map(({ name, amount }) => `${name} ${toSignedMoney(amount, currency)}`);
  const refunded = refundedLines.map(
    ({ productId, quantity, restock }) =>
      `${quantity} × ${names.get(productId) ?? productId}${restock ? ', back in stock' : ', not back in stock'}`,
  );
  return [
    ...listOf('Products', bought),
    ...listOf('Beside the products', beside),
    ...(view.paidAmount > 0 && view.paidAmount !== view.amount
      ? [{ label: 'Captured', text: formatMoney(view.paidAmount, currency) }]
      : []),
    ...listOf('Refunded products', refunded),
    ...disputes.map((dispute) => toDispute(dispute, currency)),
    ...listOf('Payment provider', provider === null ? [] : [provider]),
    ...listOf('Reference', reference === null ? [] : [reference]),
    ...listOf('Language of notices', locale === null ? [] : [locale]),
  ];
};
