// What became of a mail, by what went wrong while it was sent: the table in docs/services.md. All are tried again, since a
// repeat has the same Message-ID; the reason says to a person whether that can help. It holds no address and no server's text.
import type { NodemailerError } from 'nodemailer';

/** The reason of `mailer.failed`. @throws what is no outcome of sending: a mistake in our own code. */
export const toMailFailure = (error: unknown): string => {
  if (!isNodemailerError(error)) throw error;
  const { code = '', responseCode, permanent = false, originalCode = '', timeoutType } = error;
  // Also a server that answers STARTTLS with a refusal.
  if (code === 'ETLS' || (code === 'ESOCKET' && isAboutTls(originalCode))) return 'tls-failed';
  if (responseCode !== undefined) {
    if (permanent && code === 'EAUTH') return 'credentials-refused';
    return `${permanent ? 'permanent' : 'temporary'}-${responseCode}`;
  }
  if (code === 'ETIMEDOUT') return timeoutType === 'SOCKET_TIMEOUT' ? 'no-answer' : 'unreachable';
  if (code === 'ESOCKET') return neverConnected.has(originalCode) ? 'unreachable' : 'no-answer';
  const reason = new Map(Object.entries(reasons)).get(code);
  if (reason === undefined) throw error;
  return reason;
};

/** By nodemailer's code, where the server said nothing. */
const reasons = {
  EDNS: 'unreachable',
  // Whether the server has taken the message is not known.
  ECONNECTION: 'no-answer',
  EPROTOCOL: 'malformed-answer',
  // The server offers no way of signing in that is known here.
  EAUTH: 'credentials-refused',
} as const;

const neverConnected: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN', 'ENOTFOUND'],
]);

/** As OpenSSL and Node name what is wrong with a certificate or a handshake. */
const isAboutTls = (code: string): boolean =>
  /^(ERR_TLS|ERR_SSL|EPROTO$|UNABLE_TO|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)|CERT|CRL/.test(code);

const isNodemailerError = (error: unknown): error is NodemailerError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string';
