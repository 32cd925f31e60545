// A mailer on a mail server. SMTP delivers at least once: a message whose answer was lost is sent again, with the same
// Message-ID. Which answer means what is in smtp-outcome.ts; nothing of user, password or recipient is ever logged here.
import nodemailer, { type SMTPPoolOptions } from 'nodemailer';
import type { Clock } from '../clock.ts';
import { whyNotAddress } from '../mail-address.ts';
import type { ShopService } from '../shop/services.ts';
import type { SmtpServer } from '../smtp-url.ts';
import { createMailWriter, isSafeOrderId, type MailStyle } from './mail.ts';
import { toMailFailure } from './smtp-outcome.ts';

interface SmtpMailing extends MailStyle {
  readonly server: SmtpServer;
  /** Certificates that vouch for the server. Left out: those that Node trusts. */
  readonly ca?: readonly string[];
  /** When the host gives a call up. All waits here are shorter. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** @throws AppError `invalid-setting` where `from` is not a mailbox, or the templates cannot be used. */
export const createSmtpMailer = (mailing: SmtpMailing): ShopService<'mailer'> => {
  const { clock } = mailing;
  const writeMail = createMailWriter(mailing);
  const pool = nodemailer.createTransport(toPoolOptions(mailing));
  return {
    name: 'mailer',
    place: 'outside',
    answer: async ({ command, signal }) => {
      signal.throwIfAborted();
      if (!isSafeOrderId(command.orderId)) return { type: 'mailer.failed', reason: 'unsafe-order-id' };
      // Older releases took addresses that would reach another mailbox, such as one with < in it.
      if (whyNotAddress(command.recipient) !== undefined) {
        return { type: 'mailer.failed', reason: 'address-unusable' };
      }
      const mail = writeMail(command, new Date(clock.now()));
      if (typeof mail === 'string') return { type: 'mailer.failed', reason: mail };
      try {
        await pool.sendMail({ ...mail, signal });
        return { type: 'mailer.sent' };
      } catch (error) {
        signal.throwIfAborted();
        return { type: 'mailer.failed', reason: toMailFailure(error) };
      }
    },
    close: async () => pool.close(),
  };
};

const toPoolOptions = ({ server, ca, timeoutMs }: SmtpMailing): SMTPPoolOptions & { pool: true } => ({
  pool: true,
  ...server,
  auth: server.auth && { ...server.auth },
  // A password is never sent in the clear to another machine.
  requireTLS: server.auth !== undefined && !isThisMachine(server.host),
  ...(ca && { tls: { ca: [...ca] } }),
  connectionTimeout: share(timeoutMs, 0.4),
  greetingTimeout: share(timeoutMs, 0.4),
  dnsTimeout: share(timeoutMs, 0.4),
  socketTimeout: share(timeoutMs, 0.5),
  socketCloseTimeout: 1000,
  // Only what was not begun to be sent: over a connection that the server had closed meanwhile.
  maxRequeues: 1,
});

const share = (milliseconds: number, part: number): number => Math.max(1, Math.floor(milliseconds * part));

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
