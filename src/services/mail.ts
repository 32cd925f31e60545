// The two notices of an order as an RFC 5322 message with a plain and an HTML
// body. It never sends anything and never quotes internal texts: a failure is explained by its kind alone.
// It exists apart from the mailers so that every one of them says the same. nodemailer writes addresses: a domain as
// punycode, or in UTF-8 (SMTPUTF8) where what is before the @ needs that, too.
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Failure } from '../../machines/messages.ts';
import { formatMoney } from '../../machines/money.ts';
import { asciiDomainOf, readMailbox } from '../mail-address.ts';
import type { CommandTo } from '../shop/services.ts';

interface Notice {
  readonly subject: string;
  /** A string is a paragraph, an array is a list. */
  readonly body: readonly (string | readonly string[])[];
}
type Send = CommandTo<'mailer'>;

/**
 * The whole message, or undefined for a failure without a reason. The same command, sender
 * and date give the same bytes. `from` is a mailbox as in `Shop <orders@shop.example>`.
 * @throws RangeError for a currency that ISO 4217 does not know.
 */
export const toMail = async (command: Send, from: string, date: Date): Promise<Buffer | undefined> => {
  const notice = command.notice === 'confirmation' ? confirm(command) : explain(command);
  if (!notice) return undefined;
  const name = `${command.orderId}.${command.notice}`;
  // An object is one address; a string would be parsed as a list of them.
  const sender = readMailbox(from);
  const composer = new MailComposer({
    from: sender,
    to: { name: '', address: command.recipient },
    subject: notice.subject,
    date,
    messageId: `<${name}@${asciiDomainOf(sender.address)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: toText(notice),
    html: toHtml(notice),
    baseBoundary: createHash('sha256').update(name).digest('hex').slice(0, 16),
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
};

const confirm = ({ orderId, items, amount, currency }: Send): Notice => {
  const money = (minorUnits: number) => formatMoney(minorUnits, currency);
  return {
    subject: `Your order ${orderId} is confirmed`,
    body: [
      `Thank you for your order ${orderId}. It is confirmed.`,
      items.map(
        ({ quantity, name, unitPrice, lineTotal }) =>
          `${quantity} × ${isolate(name)} at ${money(unitPrice)}: ${money(lineTotal)}`,
      ),
      `Total: ${money(amount)}`,
    ],
  };
};

const explain = ({ orderId, reason }: Send): Notice | undefined => {
  if (reason === null) return undefined;
  const { kind } = reason;
  const { why, charged } = explanations[kind];
  return {
    subject: `Your order ${orderId} ${kind === 'cancelled' ? 'is cancelled' : 'could not be completed'}`,
    body: [
      kind === 'cancelled'
        ? `Your order ${orderId} is cancelled.`
        : `We are sorry: your order ${orderId} could not be completed.`,
      why,
      charged === 'never'
        ? 'You have not been charged.'
        : 'You have not been charged, or what had been taken has been given back in full.',
    ],
  };
};

/** `charged`: whether the order may have been charged before it ended like this. */
const explanations: Readonly<Record<Failure['kind'], { why: string; charged: 'never' | 'perhaps' }>> = {
  'insufficient-stock': { why: 'There is not enough in stock of what you ordered.', charged: 'never' },
  'payment-declined': { why: 'Your bank declined the payment.', charged: 'never' },
  'payment-gave-up': {
    why: 'The payment could not be made for a technical reason that was not yours.',
    charged: 'perhaps',
  },
  'reservation-expired': {
    why: 'The time for which we could hold the items for you has passed.',
    charged: 'perhaps',
  },
  'authorization-expired': {
    why: 'The time for which your bank had set the money aside has passed.',
    charged: 'perhaps',
  },
  'stock-not-committed': { why: 'We could not set the items aside for you after all.', charged: 'perhaps' },
  'deadline-passed': { why: 'It took us longer than we allow ourselves.', charged: 'perhaps' },
  cancelled: { why: 'If you did not ask for this, please get in touch with us.', charged: 'perhaps' },
  rejected: {
    why: 'Something in it no longer agrees with what we offer, such as a product or a price.',
    charged: 'never',
  },
};

const toText = ({ body }: Notice): string => {
  const parts = body.map((part) =>
    typeof part === 'string' ? part : part.map((row) => `- ${row}`).join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
};

const toHtml = ({ subject, body }: Notice): string => {
  const parts = body.map((part) =>
    typeof part === 'string'
      ? `<p>${toHtmlText(part)}</p>`
      : `<ul>\n${part.map((row) => `<li>${toHtmlText(row)}</li>`).join('\n')}\n</ul>`,
  );
  const head = `<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`;
  return `<!doctype html>\n<html lang="en">\n${head}\n<body>\n${parts.join('\n')}\n</body>\n</html>\n`;
};

const [isolateStart, isolateEnd] = ['\u2068', '\u2069'];

/** A product's name cannot add lines to the plain text, nor turn the direction of what is around it. */
const isolate = (name: string): string => {
  const oneLine = name.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return `${isolateStart}${oneLine.replaceAll(/\p{Bidi_Control}/gu, '')}${isolateEnd}`;
};

/** Text in HTML, where elements isolate. */
const toHtmlText = (text: string): string =>
  escapeHtml(text).replaceAll(isolateStart, '<bdi>').replaceAll(isolateEnd, '</bdi>');

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
