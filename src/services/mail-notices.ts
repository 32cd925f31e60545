// What each notice tells its customer, as the values that its templates may use. It knows neither the words around
// them nor their language, and never tells internal texts: a failure is explained by its kind alone.
import type { Failure, Notice, Refunded } from '../../machines/messages.ts';
import type { CommandTo } from '../shop/services.ts';
import { isolate, toMoneyWriter } from './mail-text.ts';

/**
 * A placeholder of a template: `needed` has to be in every template of its notice and `text` may be, a `flag` opens or
 * closes a section, and what is nested is a list whose section is written once for each entry.
 */
export type Slot = 'needed' | 'text' | 'flag' | Slots;
export interface Slots {
  readonly [name: string]: Slot;
}
type Values<S extends Slots> = {
  readonly [Name in keyof S]: S[Name] extends 'flag'
    ? boolean
    : S[Name] extends Slots
      ? readonly Values<S[Name]>[]
      : string;
};

export const noticeSlots = {
  confirmation: {
    orderId: 'needed',
    lines: { quantity: 'needed', name: 'needed', unitPrice: 'text', lineTotal: 'text' },
    // Without them the lines would not add up to the total.
    adjustments: { name: 'needed', amount: 'needed' },
    total: 'needed',
  },
  failure: { orderId: 'needed', why: 'needed', cancelled: 'flag', charged: 'flag' },
  cancellation: {
    orderId: 'needed',
    lines: { quantity: 'text', name: 'text', unitPrice: 'text', lineTotal: 'text' },
    adjustments: { name: 'text', amount: 'text' },
    total: 'text',
  },
  refund: {
    orderId: 'needed',
    amount: 'needed',
    byLine: 'flag',
    lines: { quantity: 'needed', name: 'needed' },
  },
  'payment-action': {
    orderId: 'needed',
    lines: { quantity: 'text', name: 'text', unitPrice: 'text', lineTotal: 'text' },
    adjustments: { name: 'text', amount: 'text' },
    total: 'needed',
    linked: 'flag',
    url: 'needed',
  },
} as const satisfies Record<Notice, Slots>;

export type NoticeValues = { readonly [N in Notice]: Values<(typeof noticeSlots)[N]> };

/** The words of a language for each reason. */
export type ReasonTexts = Readonly<Record<Failure['kind'], string>>;
type Send = CommandTo<'mailer'>;

/**
 * What was ordered, with what it costs.
 * @throws RangeError for a currency that ISO 4217 does not know.
 */
export const toOrdered = (
  { orderId, items, adjustments = [], amount, currency }: Send,
  locale: string,
): NoticeValues['confirmation'] & NoticeValues['cancellation'] => {
  const money = toMoneyWriter(locale, currency);
  const count = new Intl.NumberFormat(locale);
  return {
    orderId,
    lines: items.map(({ quantity, name, unitPrice, lineTotal }) => ({
      quantity: count.format(quantity),
      name: isolate(name),
      unitPrice: money(unitPrice),
      lineTotal: money(lineTotal),
    })),
    adjustments: adjustments.map((each) => ({ name: isolate(each.name), amount: money(each.amount) })),
    total: money(amount),
  };
};

export const toFailure = (
  orderId: string,
  { kind }: Failure,
  reasons: ReasonTexts,
): NoticeValues['failure'] => ({
  orderId,
  why: reasons[kind],
  // Chart version 1 has no notice of its own for it.
  cancelled: kind === 'cancelled',
  charged: mayHaveBeenCharged[kind],
});

/**
 * What was given back. Its lines have no prices: the amount may be another than their sum.
 * @throws RangeError for a currency that ISO 4217 does not know.
 */
export const toRefund = (
  { orderId, items, currency }: Send,
  { amount, lines }: Refunded,
  locale: string,
): NoticeValues['refund'] => {
  const count = new Intl.NumberFormat(locale);
  const names = new Map(items.toReversed().map(({ productId, name }) => [productId, name]));
  return {
    orderId,
    amount: toMoneyWriter(locale, currency)(amount),
    byLine: lines.length > 0,
    lines: lines.map(({ productId, quantity }) => ({
      quantity: count.format(quantity),
      name: isolate(names.get(productId) ?? productId),
    })),
  };
};

/**
 * @param actionUrl where payments are confirmed, with `{orderId}` for the order; empty: nobody knows.
 * @throws RangeError for a currency that ISO 4217 does not know.
 */
export const toPaymentAction = (
  command: Send,
  actionUrl: string,
  locale: string,
): NoticeValues['payment-action'] => ({
  ...toOrdered(command, locale),
  linked: actionUrl !== '',
  url: actionUrl.replaceAll('{orderId}', encodeURIComponent(command.orderId)),
});

/** Whether the order may have been charged before it ended like this. */
const mayHaveBeenCharged: Readonly<Record<Failure['kind'], boolean>> = {
  'insufficient-stock': false,
  'payment-declined': false,
  'payment-gave-up': true,
  'reservation-expired': true,
  'authorization-expired': true,
  // It may be confirmed at the last moment.
  'payment-not-confirmed': true,
  'stock-not-committed': true,
  'deadline-passed': true,
  cancelled: true,
  rejected: false,
};
