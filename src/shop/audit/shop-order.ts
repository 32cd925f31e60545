// An order of the shop as its checks need it: what was ordered, its stock, the money that the journal records, and what
// the gateway and the mail folder have of it. It judges nothing.
import { z } from 'zod';
import { type AuditedEvent, type AuditedOrder, numberIn, textIn } from '../../audit.ts';
import type { OrderRecords } from '../../audit-source.ts';
import { outsideNames } from './checks.ts';
import { type LedgerEntry, ledgerEntrySchema } from './gateway-ledger.ts';
import { reservationRows, shareRows, stockRows } from './stock-rows.ts';

const ledgerEntries = z.array(ledgerEntrySchema);
/** As `toMailKind` names them. */
const mailRows = z.array(z.object({ kind: z.string(), at: z.number() }));

/** Its rows, and what is kept elsewhere of it. */
const toShopRecords = ({ rows }: Pick<OrderRecords, 'rows'>) => ({
  reservations: reservationRows.parse(rows['reservations']),
  shares: shareRows.parse(rows['shares']),
  stock: stockRows.parse(rows['stock']),
  mails: mailRows.optional().parse(rows[outsideNames.mails]),
});

/** What the gateway did for an order; undefined when no ledger is given. */
export const toLedgerEntries = ({ rows }: Pick<OrderRecords, 'rows'>): readonly LedgerEntry[] | undefined =>
  ledgerEntries.optional().parse(rows[outsideNames.ledger]);

const sum = (events: readonly AuditedEvent[]): number =>
  events.reduce((total, { fields }) => total + (numberIn(fields, 'amount') ?? 0), 0);

export const toShopOrder = (audited: AuditedOrder) => {
  const { messages, eventsOf } = audited;
  const placed = messages[0]?.type === 'order.place' ? messages[0].fields : {};
  const total = numberIn(placed, 'amount');
  const captured = messages.findLast(
    ({ type, disposition }) => type === 'order.capture' && disposition === 'applied',
  );
  return {
    ...audited,
    ...toShopRecords(audited),
    /** As the customer placed it, in minor units. */
    total,
    /** What is to be taken of it: less than the total if it was captured in part. */
    due: captured === undefined ? total : (numberIn(captured.fields, 'amount') ?? total),
    currency: textIn(placed, 'currency'),
    items: placed['items'],
    adjustments: placed['adjustments'],
    /** What the journal says was taken and given back, in minor units. */
    taken: sum(eventsOf('payment.completed')),
    returned: sum(eventsOf('payment.refunded')),
    lost: sumLost(eventsOf('payment.completed', 'payment.refunded', 'payment.dispute-lost')),
  };
};

/** What the bank took back in disputes; what was refunded before cannot be lost again. */
const sumLost = (events: readonly AuditedEvent[]): number => {
  let left = 0;
  let lost = 0;
  for (const { type, fields } of events) {
    const amount = numberIn(fields, 'amount') ?? 0;
    if (type === 'payment.completed') left += amount;
    else {
      const gone = Math.min(amount, left);
      left -= gone;
      if (type === 'payment.dispute-lost') lost += gone;
    }
  }
  return lost;
};
export type ShopOrder = ReturnType<typeof toShopOrder>;
