// The mailer that the settings ask for: a mail server if one is named, else a folder. It knows neither of them inside.
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import { usingPath } from '../own-files.ts';
import type { ShopService } from '../shop/services.ts';
import { readSmtpUrl } from '../smtp-url.ts';
import type { MailStyle } from './mail.ts';
import { createFileMailer } from './mailer-files.ts';
import { createSmtpMailer } from './mailer-smtp.ts';

/** @throws AppError `invalid-setting`, one line, for what would let no mail out. */
export const createMailer = async (settings: Settings, clock: Clock): Promise<ShopService<'mailer'>> => {
  const style: MailStyle = {
    from: settings.MAIL_FROM,
    locale: settings.MAIL_LOCALE,
    paymentActionUrl: settings.PAYMENT_ACTION_URL,
    ...(settings.MAIL_TEMPLATES !== '' && { templates: settings.MAIL_TEMPLATES }),
  };
  const server = readSmtpUrl(settings.SMTP_URL);
  if (server === undefined) {
    return createFileMailer({
      ...style,
      directory: settings.MAIL_DIR,
      delayMs: settings.MAIL_DELAY_MS,
      clock,
    });
  }
  const ca = await readCertificates(settings.SMTP_CA);
  return createSmtpMailer({
    ...style,
    server,
    ...(ca && { ca }),
    timeoutMs: settings.CALL_TIMEOUT_MS,
    clock,
  });
};

/** Those in the file and those that Node trusts; undefined for the latter alone. */
const readCertificates = (path: string): Promise<readonly string[] | undefined> =>
  usingPath('SMTP_CA', path, () => {
    if (path === '') return undefined;
    const own = readFileSync(path, 'utf8').match(certificates);
    if (own === null) {
      throw new AppError(
        'invalid-setting',
        `SMTP_CA=${path} has no certificate. Name a PEM file that has one.`,
      );
    }
    return [...getCACertificates('default'), ...own];
  });

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
