// The one table from error codes to HTTP: a status, a title and a text for people. Clients can rely on `type`, and read
// about it. It never decides that something is wrong.
import { z } from 'zod';
import type { ErrorCode } from '../../errors.ts';
import { basketProblems, type ProblemKind } from './basket-problems.ts';

/** Errors that only the HTTP edge finds. */
const edgeCodes = [
  'route-not-found',
  'method-not-allowed',
  'body-too-large',
  'unsupported-media-type',
  'address-too-long',
  'request-timeout',
  'headers-too-large',
  'range-not-satisfiable',
  'internal-error',
] as const;
type EdgeCode = (typeof edgeCodes)[number];

/** Codes of a start or of a command, which no caller of the API gets. */
type InternalCode =
  | 'store-in-use'
  | 'store-unsupported'
  | 'chart-unsupported'
  | 'charts-missing'
  | 'provider-missing'
  | 'local-socket-unusable'
  | 'service-failed'
  | 'invalid-setting';
export type ProblemCode = Exclude<ErrorCode, InternalCode> | EdgeCode;

export const problemKinds: Readonly<Record<ProblemCode, ProblemKind>> = {
  'invalid-request': {
    status: 400,
    title: 'Invalid request',
    text: '`errors` lists what is wrong: `path` is a JSON pointer into the body, `?name` for the query, `{name}` for a part of the address, or the name of a header. Nothing was stored. Correct it and send it again.',
  },
  'unknown-host': {
    status: 421,
    title: 'The service is not reached under this name',
    text: 'The service answers under loopback names and those in PUBLIC_HOSTS, or a page of another site could give it a name of its own. Whoever runs the service adds the name to PUBLIC_HOSTS. Nothing was stored.',
  },
  'foreign-origin': {
    status: 403,
    title: 'A page of another site asked for this',
    text: 'Only pages of the service itself, and of the origins in CORS_ORIGINS, may change anything. Whoever runs the service adds the origin there if it is trusted. Nothing was stored.',
  },
  'key-required': {
    status: 401,
    title: 'A valid key is required',
    text: 'Send a key in the header `Authorization: Bearer KEY`, or sign in at `/sign-in` in a browser. A key that was revoked or has expired is not valid. Whoever runs the service makes keys: `orderchart keys create`. Nothing was stored.',
  },
  'scope-missing': {
    status: 403,
    title: 'The key does not allow this',
    text: '`detail` names the scope that is missing. Whoever runs the service makes keys with it: `orderchart keys create`. Nothing was stored.',
  },
  'keys-needed-first': {
    status: 403,
    title: 'The service has no keys yet',
    text: 'Without keys it serves programs on its own machine alone, and nothing that came through a proxy. Whoever runs the service makes the first key there: `orderchart keys create`. Nothing was stored.',
  },
  'signature-invalid': {
    status: 403,
    title: 'The request is not signed as it must be',
    text: 'What services report carries a signature over exactly these bytes, not older than five minutes, by a secret that is in the settings (Standard Webhooks; at /webhooks/stripe that of Stripe). Nothing was stored. Compare the secrets, and the clocks of both machines.',
  },
  'key-not-found': {
    status: 404,
    title: 'Key not found',
    text: 'No key has this id. `GET /keys` lists the keys.',
  },
  'webhook-not-found': {
    status: 404,
    title: 'Webhook endpoint not found',
    text: 'No endpoint has this id. `GET /webhooks` lists them.',
  },
  'service-not-found': {
    status: 404,
    title: 'Service not found',
    text: 'The application has no service of this name. `GET /services` lists them.',
  },
  'incident-not-found': {
    status: 404,
    title: 'Incident not found',
    text: 'No incident of a service has this id. `GET /services/incidents` lists them. Incidents of orders have no ids: they are resolved by the moves of their order.',
  },
  'incident-closed': {
    status: 409,
    title: 'The incident was closed before',
    text: 'Somebody closed it, or what it was about is over; `GET /services/incidents?closed=true` says who and why. Nothing was stored.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    text: '`detail` names the limit. Nothing was stored. Try again after the time in Retry-After, with the same Idempotency-Key; RateLimit says what is left.',
    retryAfter: 1,
  },
  'refund-cap-reached': {
    status: 403,
    title: 'The key may give back no more today',
    text: 'A key can have a cap on what it refunds in one day (UTC), per currency; what other keys of its principal gave back counts, too. `detail` says what is left. Nothing was refunded. Ask for less, wait until tomorrow, or use a key with a higher cap.',
  },
  'too-many-notes': {
    status: 409,
    title: 'The order has too many notes',
    text: 'Notes are for people, and an order can have so many. Nothing was stored. Keep longer stories elsewhere, and note where.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'The Idempotency-Key header is missing',
    text: 'This request needs an Idempotency-Key: a new UUID for each new request, and the same one for each repetition of it, within KEEP_KEYS_HOURS (at least a day). Nothing was stored.',
  },
  'idempotency-key-in-use': {
    status: 409,
    title: 'A request with this Idempotency-Key is still running',
    text: 'The first request with this key has no answer yet. Send it again a little later: the answer will be the first one.',
    retryAfter: 1,
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    text: 'The key belongs to a request with another body. Nothing was stored. Use a new key for a new request.',
  },
  'order-not-found': {
    status: 404,
    title: 'Order not found',
    text: 'No order has this id. `GET /orders` lists the orders.',
  },
  'precondition-required': {
    status: 428,
    title: 'The If-Match header is missing',
    text: 'What exists is changed only by those who have seen it: read it, and send the change with its ETag in If-Match. Nothing was stored.',
  },
  ...basketProblems,
  'move-not-allowed': {
    status: 409,
    title: 'The order does not accept this move now',
    text: '`moves` lists the open moves, each with its address. Nothing was stored.',
  },
  'no-payment-action': {
    status: 409,
    title: 'There is nothing to confirm',
    text: 'The payment of this order does not wait for its customer now, or its provider has no confirmations. Read the order: it has gone on, or will.',
  },
  'provider-unavailable': {
    status: 503,
    title: 'The payment provider does not answer',
    text: 'What was asked for is at the payment provider, and it cannot be reached now. Nothing was stored. Try again after the time in Retry-After.',
    retryAfter: 5,
  },
  'version-mismatch': {
    status: 412,
    title: 'The order has moved on',
    text: 'The version in If-Match is not the current one. Nothing was stored. Read the order again, check that the move still makes sense, and send it with the new ETag.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The condition does not hold',
    text: 'If-Match or If-None-Match asks for another state than the present one, or this address does not check it. Nothing was stored. Read the resource again, or leave the condition out.',
  },
  'order-unreadable': {
    status: 409,
    title: 'The stored order cannot be read',
    text: 'This order was stored by a version of the charts that this program does not know, or it is damaged. It is left as it was, with its money and stock. Start a version that knows it: every start tries again.',
  },
  'cursor-unknown': {
    status: 410,
    title: 'This store never gave out this cursor',
    text: 'The place to continue after lies beyond the newest one here, as after a restore of an older copy: what was read since then is not in this store. `newest` is the last place that there is. Compare what you have with the orders as they are now, and continue after `newest`.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    text: 'A named limit is reached. Nothing was stored, and nothing was read. Try again after the time in Retry-After, with the same Idempotency-Key.',
    retryAfter: 1,
  },
  busy: {
    status: 429,
    title: 'Too much of this is waiting already',
    text: 'What costs much runs one after the other for each caller, and a few at a time for all. The line is full. Nothing was stored. Try again after the time in Retry-After, when an earlier request has its answer.',
    retryAfter: 1,
  },
  'replay-unfinished': {
    status: 503,
    title: 'The order is too long for one replay',
    text: 'Replaying the order took as many messages, or as much time, as one request may use. What was reached is kept: ask again after the time in Retry-After, and it continues there.',
    retryAfter: 1,
  },
  'refund-limit-reached': {
    status: 409,
    title: 'The order was refunded as often as it may be',
    text: 'Each refund stays in the history of its order, so one order takes MAX_REFUNDS at most. Nothing was stored. Give the rest back at the bank, or whoever runs the service raises MAX_REFUNDS.',
  },
  'store-unavailable': {
    status: 503,
    title: 'The store cannot write',
    text: 'Nothing was stored, or the database went away before it said so. Try again after the time in Retry-After, with the same Idempotency-Key; `/readyz` says when it can write again.',
    retryAfter: 5,
  },
  closing: {
    status: 503,
    title: 'The server is stopping',
    text: 'Nothing was stored. Try again after the time in Retry-After, with the same Idempotency-Key.',
    retryAfter: 5,
  },
  'route-not-found': {
    status: 404,
    title: 'Route not found',
    text: '`GET /docs` shows all addresses; `GET /openapi.json` lists them for programs.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    text: 'The Allow header lists the methods of this address.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    text: 'An order may have 256 KiB at most, any other body 64 KiB. Nothing was stored.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    text: 'Send JSON in UTF-8, not compressed, with `Content-Type: application/json`, also if the body is empty. Nothing was stored.',
  },
  'address-too-long': {
    status: 414,
    title: 'A part of the address is too long',
    text: 'Identifiers have at most 200 bytes in UTF-8, which are at most 600 in an address (`%C3%A9` is one character, two bytes of UTF-8, and six of the address).',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    text: 'The headers and the body must arrive without long pauses. Nothing was stored.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    text: 'Send fewer or shorter headers. Nothing was stored.',
  },
  'range-not-satisfiable': {
    status: 416,
    title: 'The range does not exist',
    text: 'Content-Range says how long the file is. Ask for a part of it, or leave Range out.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    text: 'The service failed, not your request; the error is logged with the id in `instance`. A request with an Idempotency-Key can be sent again safely.',
  },
};

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problemKinds, code);
export const problemCodes: readonly ProblemCode[] = Object.keys(problemKinds).filter(isProblemCode);

/** The problem for `code`; a code that no caller should get is an internal error. */
export const toProblemCode = (code: string): ProblemCode => (isProblemCode(code) ? code : 'internal-error');

export const toProblemType = (code: ProblemCode): string => `/problems/${code}`;

/** What is wrong with one field. `path` is a JSON pointer, `?query`, `{parameter}` or `Header`. */
export const fieldError = z.strictObject({ path: z.string(), message: z.string() });
export type FieldError = z.infer<typeof fieldError>;
