// How the file mailer names the mails of an order, so that the doctor can tell whose notice a file is. It reads and writes
// no files.
import { createHash } from 'node:crypto';
import type { Message, Notice } from '../../machines/messages.ts';
import { notice } from '../../machines/payloads.ts';

/** Which of an order's mails: `confirmation`, `refund.REFUND` and so on. No two notices of an order have the same. */
export const toMailKind = (kind: Notice, refundId?: string): string =>
  kind === 'refund' && refundId !== undefined ? `refund${toRefundPart(refundId)}` : kind;

/** `ORDER-confirmation.eml`. A repeat has the same name. */
export const toMailName = ({
  orderId,
  notice: kind,
  refund,
}: Pick<Message<'mailer.send'>, 'orderId' | 'notice' | 'refund'>): string =>
  `${orderId}-${toMailKind(kind, refund?.refundId)}.eml`;

/** Undefined for a file that no mailer has named like this. */
export const readMailName = (
  name: string,
): { readonly orderId: string; readonly kind: string } | undefined => {
  const [, orderId, kind] = mailName.exec(name) ?? [];
  return orderId === undefined || kind === undefined ? undefined : { orderId, kind };
};

/** A refund's id may hold anything, and a file system may not tell small letters from capitals. */
const toRefundPart = (refundId: string): string =>
  /^[a-z0-9-]{1,64}$/.test(refundId)
    ? `.${refundId}`
    : `_${createHash('sha256').update(refundId).digest('hex')}`;

const mailName = new RegExp(
  `^(.+)-(${notice.options.filter((kind) => kind !== 'refund').join('|')}|refund[._][a-z0-9-]+)\\.eml$`,
);
