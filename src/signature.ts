// Signatures as in Standard Webhooks (standardwebhooks.com), by the specification's own library, with several secrets at once
// while they rotate. It knows neither who sends nor what is said.
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { drawSecret } from './clock.ts';

/** What a signed message carries beside its body. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

const base64 = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const [fewestBytes, mostBytes] = [24, 64];

/** Whether `text` is a secret of the specification: `whsec_` and 24 to 64 bytes in base64. */
export const isSigningSecret = (text: string): boolean => {
  const bytes = Buffer.from(base64.exec(text)?.[1] ?? '', 'base64').length;
  return bytes >= fewestBytes && bytes <= mostBytes;
};

export const drawSigningSecret = (): string => `whsec_${drawSecret(32).toString('base64')}`;

/**
 * The headers of a message that is sent at `at` (ms since 1970): one signature for each secret, so that a receiver may change
 * to the next one at any time.
 */
export const sign = (
  secrets: readonly string[],
  messageId: string,
  at: number,
  body: string,
): SignatureHeaders => ({
  'webhook-id': messageId,
  'webhook-timestamp': String(Math.floor(at / 1000)),
  'webhook-signature': secrets
    .map((secret) => new Webhook(secret).sign(messageId, new Date(at), body))
    .join(' '),
});

/** Why no secret signed the message in the last five minutes; undefined: one did. */
export const whyNotSigned = (
  secrets: readonly string[],
  headers: IncomingHttpHeaders,
  body: Buffer,
): string | undefined => {
  const given = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
      name,
      String(headers[name] ?? ''),
    ]),
  );
  let why = 'There is no secret.';
  for (const secret of secrets) {
    try {
      new Webhook(secret).verify(body, given, { jsonParse: false });
      return undefined;
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      why = `${error.message}.`;
    }
  }
  return why;
};
