// Any service that lives behind a URL: each command is one signed POST with its idempotency key, and the answer is the reply.
// It decides what an HTTP outcome says of the command (docs/services.md): only what certainly had no effect is called that.
// It knows no message, and repeats nothing that may have had an effect.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Reply } from '../application.ts';
import { type Clock, systemClock, toIsoTime } from '../clock.ts';
import { AppError } from '../errors.ts';
import { readRetryAfter } from '../retry-after.ts';
import { NotDone, type OutsideService, pause, type ServiceCall } from '../service.ts';
import { isServiceUrl, oneDay, serviceUrlForm, signingSecretForm } from '../setting-values.ts';
import { isSigningSecret, sign, whyNotSigned } from '../signature.ts';
import { exchange, type HttpAnswer } from './http-exchange.ts';

export interface HttpServiceParts {
  /** As the application declares it. */
  readonly name: string;
  /** Each command is POSTed to it. */
  readonly url: string;
  /** `whsec_…`, shared with the service. Of several, all sign commands and each may sign facts: so they rotate. */
  readonly secret: string | readonly string[];
  /** How long the service remembers an idempotency key, in ms; a day if it is left out. */
  readonly keyLifetimeMs?: number;
  readonly clock?: Clock;
}

/** @throws AppError `invalid-setting` for a URL or a secret that cannot be used. */
export const httpService = (parts: HttpServiceParts): OutsideService => {
  const { name, clock = systemClock, keyLifetimeMs = oneDay } = parts;
  const secrets = [parts.secret].flat();
  refuseUnusable(parts, secrets);
  const url = new URL(parts.url);
  const ask = ({ signal, ...call }: ServiceCall): Promise<HttpAnswer> => {
    const body = toBody(call);
    const headers = {
      ...toHeaders(call, clock.now()),
      ...sign(secrets, toMessageId(call), clock.now(), body),
    };
    return exchange({ url, headers, body, signal });
  };
  const answer = async (call: ServiceCall): Promise<Reply> => {
    for (;;) {
      call.signal.throwIfAborted();
      const answered = await ask(call);
      const waitMs = toWaitMs(answered, call.deadline, clock.now());
      if (waitMs === undefined) return toReply(answered, call);
      await pause(clock, waitMs, call.signal);
    }
  };
  return {
    name,
    place: 'outside',
    keyLifetimeMs,
    answer,
    whyUnsigned: (headers, body) => whyNotSigned(secrets, headers, body),
  };
};

const refuseUnusable = ({ name, url }: HttpServiceParts, secrets: readonly string[]): void => {
  const refuse = (what: string): never => {
    throw new AppError('invalid-setting', `The service '${name}' cannot be called: ${what}.`);
  };
  if (!isServiceUrl(url)) refuse(`its URL ${serviceUrlForm}`);
  if (secrets.length === 0 || !secrets.every(isSigningSecret)) refuse(`its secret ${signingSecretForm}`);
};

const toBody = ({ orderId, correlationId, at, command }: Omit<ServiceCall, 'signal'>): string =>
  JSON.stringify({ orderId, correlationId, decidedAt: toIsoTime(at), command });

/** The same for each repetition of one try, and without the full stop that parts what is signed. */
const toMessageId = ({ command: { type, key, ...rest } }: Omit<ServiceCall, 'signal'>): string => {
  const about = JSON.stringify([type, key, rest['attempt']]);
  return `msg_${createHash('sha256').update(about).digest('base64url')}`;
};

const toHeaders = (
  { command, readsOnly, deadline, traceHeaders }: Omit<ServiceCall, 'signal'>,
  now: number,
): Record<string, string> => ({
  ...traceHeaders,
  'content-type': 'application/json',
  accept: 'application/json',
  'user-agent': 'orderchart',
  // A question about a key is another request than the one that it was used for.
  ...(readsOnly === true ? {} : { 'idempotency-key': encodeURI(command.key) }),
  ...(deadline === undefined
    ? {}
    : {
        'orderchart-deadline': toIsoTime(deadline),
        'orderchart-timeout-ms': String(Math.max(0, Math.floor(deadline - now))),
      }),
});

/**
 * The refusals after which nothing was done, and nothing will be. Not among them: 408, 409, 422, 423 and 425, which can be about
 * an earlier request with the same key, and what no service should answer to a command.
 */
const refusals = new Set([400, 401, 403, 404, 405, 410, 411, 413, 414, 415, 421, 426, 428, 429, 431, 451]);

const replyShape = z.looseObject({ type: z.string(), key: z.string().optional() });

/** @throws NotDone for a refusal, Error for whatever leaves the outcome open. */
const toReply = ({ status, body }: HttpAnswer, { command }: ServiceCall): Reply => {
  if (refusals.has(status)) throw new NotDone(status === 429 ? 'rate-limited' : `http-${status}`);
  if (status !== 200) throw new Error(`the service answered ${status}`);
  const reply = replyShape.parse(JSON.parse(body));
  if ((reply.key ?? command.key) !== command.key) throw new Error('the answer is for another key');
  return reply;
};

/** How long a service that takes no more asks to wait; undefined: it does not, or it is longer than the call may take. */
const toWaitMs = (
  { status, retryAfter }: HttpAnswer,
  deadline: number | undefined,
  now: number,
): number | undefined => {
  if (status !== 429 || deadline === undefined) return undefined;
  const askedMs = readRetryAfter(retryAfter, now);
  if (askedMs === undefined) return undefined;
  // At least a moment: a service that says 0 would be asked in a circle.
  const waitMs = Math.max(askedMs, shortestWaitMs);
  return now + waitMs >= deadline ? undefined : waitMs;
};
const shortestWaitMs = 100;
