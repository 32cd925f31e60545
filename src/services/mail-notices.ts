// What each notice tells its customer, as the values that its templates may use. It knows neither the words around
// them nor their language, and never tells internal texts: a failure is explained by its kind alone.
import type { Failure, Notice } from '../../machines/messages.ts';
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
    total: 'needed',
  },
  failure: { orderId: 'needed', why: 'needed', cancelled: 'flag', charged: 'flag' },
} as const satisfies Record<Notice, Slots>;

export type NoticeValues = { readonly [N in Notice]: Values<(typeof noticeSlots)[N]> };

/** The words of a language for each reason. */
export type ReasonTexts = Readonly<Record<Failure['kind'], string>>;
type Send = CommandTo<'mailer'>;

/** @throws RangeError for a currency that ISO 4217 does not know. */
export const toConfirmation = (
  { orderId, items, amount, currency }: Send,
  locale: string,
): NoticeValues['confirmation'] => {
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
  cancelled: kind === 'cancelled',
  charged: mayHaveBeenCharged[kind],
});

/** Whether the order may have been charged before it ended like this. */
const mayHaveBeenCharged: Readonly<Record<Failure['kind'], boolean>> = {
  'insufficient-stock': false,
  'payment-declined': false,
  'payment-gave-up': true,
  'reservation-expired': true,
  'authorization-expired': true,
  'stock-not-committed': true,
  'deadline-passed': true,
  cancelled: true,
  rejected: false,
};
