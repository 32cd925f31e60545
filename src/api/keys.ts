// Making, listing, rotating and revoking keys. The same routes are on the public API and on the local socket, where the
// first key is made. A key is in the answer that makes it, and nowhere else.
import { z } from 'zod';
import {
  type Keys,
  keyListing,
  newKeyListing,
  principalName,
  scopeNames,
  scopes,
  toKeyListing,
  toNewKeyListing,
} from '../access.ts';
import type { Api } from './edge/dependencies.ts';
import { identifier, time } from './edge/inputs.ts';
import { bodyProblems, json, problems } from './edge/responses.ts';
import { components } from './edge/schemas.ts';

const whole = z.int().min(1).max(1_000_000_000_000);

const creating = z
  .strictObject({
    principal: principalName.describe('who the key is for; several keys can belong to one principal'),
    scopes: z
      .array(z.enum(scopeNames))
      .min(1)
      .describe(`what it opens. ${scopeNames.map((name) => `${name}: ${scopes[name]}`).join('; ')}`),
    customerId: identifier
      .exactOptional()
      .describe("bound to this customer's orders: it sees and moves no others"),
    expiresAt: time.exactOptional().describe('left out: it does not expire'),
    requestsPerMinute: whole.exactOptional().describe('left out: REQUESTS_PER_MINUTE'),
    refundsPerDay: whole
      .exactOptional()
      .describe(
        'the most that it gives back in a day (UTC), in minor units of each currency; what other keys of the principal gave back counts, too',
      ),
  })
  .meta({ examples: [{ principal: 'checkout', scopes: ['orders:place', 'orders:read'] }] });

const rotating = z.strictObject({
  keepOldMinutes: z
    .int()
    .min(0)
    .max(43_200)
    .default(60)
    .describe('how long the old key stays valid, so that its users can change over'),
});

const apiKey = keyListing.register(components, { id: 'ApiKey', description: 'A key without its secret' });

// Whoever may do everything without a key must not make one: it would stay when everyone else is shut out.
const config = { access: 'admin', forNamed: true } as const;
const keyParams = z.strictObject({ id: identifier.describe('the id of the key') });

const addMaking = (api: Api, keys: Keys): void => {
  api.get(
    '/keys',
    {
      config,
      schema: {
        operationId: 'listKeys',
        summary: 'All keys, also those that have ended, the oldest first',
        tags: ['operations'],
        response: {
          200: json('The keys, without their secrets', z.strictObject({ keys: z.array(apiKey) })),
          ...problems(),
        },
      },
    },
    async () => ({ keys: keys.list().map(toKeyListing) }),
  );
  api.post(
    '/keys',
    {
      config,
      schema: {
        operationId: 'createKey',
        summary: 'Makes a key for a principal',
        description:
          'The key is in this answer and nowhere else: the service keeps a hash of it. As soon as there is one key, every request needs one.',
        tags: ['operations'],
        body: creating,
        response: { 201: json('It is made', newKeyListing), ...problems(...bodyProblems) },
      },
    },
    async ({ body }, reply) => {
      const { customerId = null, expiresAt = null, requestsPerMinute = null, refundsPerDay = null } = body;
      const { principal, scopes: allowed } = body;
      const limits = { expiresAt, requestsPerMinute, refundsPerDay };
      const made = await keys.create({ principal, scopes: allowed, owner: customerId, ...limits });
      return reply.code(201).send(toNewKeyListing(made));
    },
  );
};

const addEnding = (api: Api, keys: Keys): void => {
  api.post(
    '/keys/:id/rotate',
    {
      config,
      schema: {
        operationId: 'rotateKey',
        summary: 'Makes a new key with the same rights, and ends the old one after a while',
        description: 'The principal stays, and with it what its idempotency keys stand for.',
        tags: ['operations'],
        params: keyParams,
        body: rotating,
        response: { 201: json('The new key', newKeyListing), ...problems('key-not-found', ...bodyProblems) },
      },
    },
    async ({ params: { id }, body }, reply) =>
      reply.code(201).send(toNewKeyListing(await keys.rotate(id, body.keepOldMinutes * 60_000))),
  );
  api.post(
    '/keys/:id/revoke',
    {
      config,
      schema: {
        operationId: 'revokeKey',
        summary: 'Ends a key at once, and the sessions that were signed in with it',
        tags: ['operations'],
        params: keyParams,
        body: z.strictObject({}),
        response: { 200: json('The key', apiKey), ...problems('key-not-found', ...bodyProblems) },
      },
    },
    async ({ params: { id } }) => toKeyListing(await keys.revoke(id)),
  );
};

export const addKeys = (api: Api, keys: Keys): void => {
  addMaking(api, keys);
  addEnding(api, keys);
};
