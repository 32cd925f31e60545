// What an error of a request to Stripe says about the money. The one table (docs/services.md shows it): only what is
// certainly not done is anything but unknown. It sends nothing.
import Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { readRetryAfter } from '../retry-after.ts';

export type Judgement =
  /** The bank said no. */
  | { readonly kind: 'declined'; readonly code: string }
  /** Not done, and it can be tried again. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number }
  /** Not done, and it never will be. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It may have been done. `isStored`: this answer is Stripe's last word under the key. */
  | { readonly kind: 'unknown'; readonly isStored: boolean };

/** Errors before a connection is there: nothing can have been sent. */
const unconnected = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** The handshake, and in it the certificate, is checked by us before anything is sent. */
const untrusted =
  /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

const codesOf = (error: unknown): readonly string[] => {
  if (!(error instanceof Error)) return [];
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(codesOf);
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...own, ...codesOf(error.cause)];
};

const judgeConnection = (error: Error): Judgement => {
  const codes = codesOf(error);
  if (codes.length > 0 && codes.every((code) => unconnected.has(code))) {
    return { kind: 'failed', reason: 'not-reached' };
  }
  return codes.length > 0 && codes.every((code) => untrusted.test(code))
    ? { kind: 'failed', reason: 'not-trusted' }
    : { kind: 'unknown', isStored: false };
};

/** Another request of ours under the same key, with other parameters. */
export const isKeyReused = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError && error.rawType === 'idempotency_error';

export const judge = (error: unknown, clock: Pick<Clock, 'now'>): Judgement => {
  const unknown: Judgement = { kind: 'unknown', isStored: false };
  if (error instanceof Stripe.errors.StripeConnectionError) {
    return error.detail instanceof Error ? judgeConnection(error.detail) : unknown;
  }
  if (!(error instanceof Stripe.errors.StripeError)) return unknown;
  if (isKeyReused(error)) return { kind: 'unknown', isStored: true };
  const { code, decline_code, rawType, headers } = error;
  // Some limits are reported with 400.
  switch (code === 'rate_limit' ? 429 : error.statusCode) {
    case 400:
    case 404:
      return { kind: 'refused', code: code ?? rawType ?? 'refused' };
    case 401:
    case 403:
      return { kind: 'failed', reason: 'access-denied' };
    case 402:
      return { kind: 'declined', code: decline_code || code || 'declined' };
    case 429:
      return {
        kind: 'failed',
        reason: 'rate-limited',
        retryAfterMs: readRetryAfter(headers?.['retry-after'], clock.now()) ?? 0,
      };
    default:
      return { kind: 'unknown', isStored: headers?.['idempotent-replayed'] === 'true' };
  }
};
