// Notices as the charts ask for them, and how a test has one written, or sent by an SMTP mailer. It judges nothing.
import type { Failure } from '../../../machines/messages.ts';
import { systemClock } from '../../../src/clock.ts';
import { createMailWriter, type MailStyle } from '../../../src/services/mail.ts';
import { createSmtpMailer } from '../../../src/services/mailer-smtp.ts';
import type { CommandTo, ReplyFrom, ShopService } from '../../../src/shop/services.ts';
import type { SmtpServer } from '../../../src/smtp-url.ts';
import { toCall } from '../../contracts/service.ts';

export const orderId = '0198c0de-0000-7000-8000-000000000001';
export const from = 'Shop <orders@shop.example>';

export const confirmation: CommandTo<'mailer'> = {
  type: 'mailer.send',
  key: `${orderId}/confirmation/1`,
  attempt: 1,
  notice: 'confirmation',
  recipient: 'ada@example.com',
  orderId,
  amount: 17_500,
  currency: 'USD',
  items: [
    { productId: 'product-1', name: 'Widget', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
    { productId: 'product-2', name: 'Gadget', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
  ],
  reason: null,
};
export const withName = (name: string): CommandTo<'mailer'> => ({
  ...confirmation,
  items: confirmation.items.map((item) => ({ ...item, name })),
});
export const toFailure = (kind: Failure['kind']): CommandTo<'mailer'> => ({
  ...confirmation,
  key: `${orderId}/failure/1`,
  notice: 'failure',
  reason: { kind, text: 'SQLITE_BUSY at store.ts:17' },
});

export const cancellation: CommandTo<'mailer'> = {
  ...confirmation,
  key: `${orderId}/cancellation/1`,
  notice: 'cancellation',
  reason: { kind: 'cancelled', text: 'suspected of fraud' },
};
/** Of one Widget, which goes back into stock. */
export const toRefund = (refundId: string, amount = 5000): CommandTo<'mailer'> => ({
  ...confirmation,
  key: `${orderId}/refund-notice/${refundId}`,
  notice: 'refund',
  refund: { refundId, amount, lines: [{ productId: 'product-1', quantity: 1, restock: true }] },
});
export const paymentAction: CommandTo<'mailer'> = {
  ...confirmation,
  key: `${orderId}/payment-action/1`,
  notice: 'payment-action',
};
/** One of each notice. */
export const allNotices: readonly CommandTo<'mailer'>[] = [
  ...[confirmation, toFailure('payment-declined'), cancellation],
  ...[toRefund('refund-1'), toRefund('refund-2'), paymentAction],
];

/** The mail as it is written; it sends nothing. */
export const write = (command = confirmation, locale = 'en', style: Partial<MailStyle> = {}) => {
  const mail = createMailWriter({ from, locale, ...style })(command, new Date(0));
  if (typeof mail === 'string') throw new Error(mail);
  return { subject: String(mail.subject), text: String(mail.text), html: String(mail.html) };
};

/** A mailer on a server without TLS at this port, unless `server` says more. */
export const openSmtpMailer = (
  server: Partial<SmtpServer> & { readonly port: number },
  rest: Partial<Parameters<typeof createSmtpMailer>[0]> = {},
): ShopService<'mailer'> =>
  createSmtpMailer({
    ...{ server: { host: '127.0.0.1', secure: false, ...server }, from },
    ...{ timeoutMs: 10_000, clock: systemClock },
    ...rest,
  });

export const send = (
  mailer: ShopService<'mailer'>,
  command: CommandTo<'mailer'> = confirmation,
  signal: AbortSignal = new AbortController().signal,
): Promise<ReplyFrom<'mailer'>> => mailer.answer({ ...toCall('mailer', command), signal });
