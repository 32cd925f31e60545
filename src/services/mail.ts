// A notice of an order as a message with a plain and an HTML body, for every mailer alike. It never sends anything.
// nodemailer writes addresses: a domain as punycode, or in UTF-8 (SMTPUTF8) where what is before the @ needs that, too.
import { createHash } from 'node:crypto';
import type { SendMailOptions } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import { AppError } from '../errors.ts';
import { asciiDomainOf, readMailbox, whyNotMailbox } from '../mail-address.ts';
import type { CommandTo } from '../shop/services.ts';
import { toFailure, toOrdered, toPaymentAction, toRefund } from './mail-notices.ts';
import { type LocalTemplates, readMailTemplates, shippedTemplates, type Written } from './mail-templates.ts';

type Send = CommandTo<'mailer'>;

/** How a shop writes its mails. */
export interface MailStyle {
  /** A mailbox as in `Shop <orders@shop.example>`. */
  readonly from: string;
  /** The folder of the templates. Left out: those that are shipped. */
  readonly templates?: string;
  /** The locale of customers of whom none is known. Left out: en. */
  readonly locale?: string;
  /** Where customers confirm payments, with `{orderId}` in it for the order. Left out: nowhere that is known. */
  readonly paymentActionUrl?: string;
}

/** What a command lacks that its notice cannot do without. */
type Lack = 'reason-missing' | 'refund-missing';
/** The message, in the customer's locale if the command has it; or why there is none. */
export type WriteMail = (command: Send, date: Date) => SendMailOptions | Lack;

/**
 * @throws AppError `invalid-setting` where `from` is not a mailbox, or the templates cannot be used. What it returns
 * throws a RangeError for a currency that ISO 4217 does not know.
 */
export const createMailWriter = (style: MailStyle): WriteMail => {
  const {
    from,
    templates: folder = shippedTemplates,
    locale: shopLocale = 'en',
    paymentActionUrl = '',
  } = style;
  const problem = whyNotMailbox(from);
  if (problem !== undefined) {
    throw new AppError('invalid-setting', `MAIL_FROM=${JSON.stringify(from)} is not usable: it ${problem}`);
  }
  const templates = readMailTemplates(folder, shopLocale);
  // An object is one address; a string would be parsed as a list of them.
  const sender = readMailbox(from);
  return (command, date) => {
    const written = writeNotice(command, templates(command.locale ?? shopLocale), paymentActionUrl);
    if (typeof written === 'string') return written;
    return {
      from: sender,
      to: { name: '', address: command.recipient },
      subject: written.subject,
      date,
      messageId: `<${toMessageName(command.key)}@${asciiDomainOf(sender.address)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      text: written.text,
      html: written.html,
      baseBoundary: hash(command.key).slice(0, 16),
      newline: 'win',
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  };
};

/** The whole message. The same command, style and date give the same bytes. */
export const toBytes = (mail: SendMailOptions): Promise<Buffer> => new MailComposer(mail).compile().build();

/** Whether an order's id may become part of a file's name and of a Message-ID. */
export const isSafeOrderId = (orderId: string): boolean => /^[A-Za-z0-9-]+$/.test(orderId);

const writeNotice = (
  command: Send,
  { locale, reasons, fill }: LocalTemplates,
  paymentActionUrl: string,
): Written | Lack => {
  const { notice, orderId, reason, refund } = command;
  switch (notice) {
    case 'confirmation':
    case 'cancellation':
      return fill(notice, toOrdered(command, locale));
    case 'failure':
      return reason === null ? 'reason-missing' : fill(notice, toFailure(orderId, reason, reasons));
    case 'refund':
      return refund === undefined ? 'refund-missing' : fill(notice, toRefund(command, refund, locale));
    case 'payment-action':
      return fill(notice, toPaymentAction(command, paymentActionUrl, locale));
  }
};

/** One key, one Message-ID: a mail that is sent again is recognised by it. */
const toMessageName = (key: string): string =>
  /^[A-Za-z0-9-]+(\/[A-Za-z0-9-]+)*$/.test(key) ? key.replaceAll('/', '.') : hash(key);

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
