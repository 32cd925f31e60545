// Endpoints that get the domain events as webhooks: making, changing, enabling, replaying, and what was tried. A secret is in
// the answer that makes it, and nowhere else. It sends nothing itself.
import { z } from 'zod';
import { toIsoTime } from '../clock.ts';
import { limits } from '../limits.ts';
import type { WebhookEndpoint, Webhooks } from '../webhooks.ts';
import { type Cursors, cursor, readCursors } from './edge/cursors.ts';
import type { Api, EdgeDependencies } from './edge/dependencies.ts';
import { identifier, pageLimit, toEventTypes } from './edge/inputs.ts';
import { bodyProblems, json, problems } from './edge/responses.ts';
import { components } from './edge/schemas.ts';

const config = { access: 'admin' } as const;
const params = z.strictObject({ id: identifier.describe('the id of the endpoint') });
const nothing = z.strictObject({});
const urlText = z
  .string()
  .min(1)
  .max(limits.webhookUrlLength)
  .describe('http or https; addresses of this machine and of private networks are not sent to');

const time = z.iso.datetime().nullable();
const endpoint = z
  .strictObject({
    id: z.string(),
    url: z.string(),
    types: z.array(z.string()).nullable().describe('of domain events; null: all'),
    state: z
      .enum(['delivering', 'retrying', 'disabled', 'dead'])
      .describe('dead: no try succeeded in three days, or the endpoint answered 410; enable it to go on'),
    createdAt: z.iso.datetime(),
    delivered: z.string().describe('everything up to this place of the journal is delivered'),
    tries: z.int().describe('of the first event behind it, which all failed'),
    failingSince: time,
    nextTryAt: time,
    oldSecretUntil: time.describe('until when the secret before the present one signs, too'),
  })
  .register(components, { id: 'Webhook', description: 'An endpoint, without its secrets' });
const withSecret = z.strictObject({
  webhook: endpoint,
  secret: z.string().describe('signs what is sent, as in Standard Webhooks; it is shown once'),
});
const delivery = z.strictObject({
  place: z.string().describe('of the event in the journal'),
  eventId: z.string(),
  type: z.string(),
  at: z.iso.datetime(),
  try: z.int(),
  status: z.int().nullable().describe('what the endpoint answered; null: nothing'),
  problem: z.string().nullable().describe('why it failed; null: it is delivered'),
});

const toTime = (at: number | null): string | null => (at === null ? null : toIsoTime(at));
const toListing = (each: WebhookEndpoint, { toCursor }: Cursors): z.output<typeof endpoint> => ({
  id: each.endpointId,
  url: each.url,
  types: each.types === null ? null : [...each.types],
  state: each.state === 'enabled' ? (each.tries > 0 ? 'retrying' : 'delivering') : each.state,
  createdAt: toIsoTime(each.createdAt),
  delivered: toCursor(each.position),
  tries: each.tries,
  failingSince: toTime(each.failingSince),
  nextTryAt: toTime(each.nextAt),
  oldSecretUntil: toTime(each.secrets[1]?.endsAt ?? null),
});
const toWithSecret = (each: WebhookEndpoint, cursors: Cursors): z.output<typeof withSecret> => ({
  webhook: toListing(each, cursors),
  secret: each.secrets[0]?.secret ?? '',
});

type Dependencies = Pick<EdgeDependencies, 'host' | 'facts'>;

const addMaking = (api: Api, webhooks: Webhooks, { host, facts }: Dependencies): void => {
  const types = z
    .array(z.enum(toEventTypes(facts.application.messages)))
    .min(1)
    .nullable()
    .describe('only these types of domain events; null: all');
  api.post(
    '/webhooks',
    {
      config,
      schema: {
        operationId: 'createWebhook',
        summary: 'Sends the domain events to a URL from now on, as Standard Webhooks',
        description:
          'Each event is one POST of a CloudEvent, signed, in the order of the journal, at least once: `webhook-id` is the id of the event. What is not answered with 2xx within 15 seconds is tried again for three days. The secret is in this answer and nowhere else.',
        tags: ['webhooks'],
        body: z.strictObject({
          url: urlText,
          types: types.default(null),
          after: cursor.exactOptional().describe('begin behind this place of the journal; left out: now'),
        }),
        response: { 201: json('It is made', withSecret), ...problems('cursor-unknown', ...bodyProblems) },
      },
    },
    async ({ body: { after, ...wish } }, reply) => {
      const cursors = await readCursors(host);
      const from = after === undefined ? await host.lastPosition() : await cursors.toPosition(after);
      const made = await webhooks.create({ ...wish, after: from });
      return reply.code(201).send(toWithSecret(made, cursors));
    },
  );
  api.post(
    '/webhooks/:id',
    {
      config,
      schema: {
        operationId: 'changeWebhook',
        summary: 'Changes where an endpoint is, or what it gets',
        tags: ['webhooks'],
        params,
        body: z.strictObject({ url: urlText.exactOptional(), types: types.exactOptional() }),
        response: { 200: json('The endpoint', endpoint), ...problems('webhook-not-found', ...bodyProblems) },
      },
    },
    async ({ params: { id }, body }) => toListing(await webhooks.change(id, body), await readCursors(host)),
  );
};

const addReading = (api: Api, webhooks: Webhooks, { host }: Dependencies): void => {
  api.get(
    '/webhooks',
    {
      config,
      schema: {
        operationId: 'listWebhooks',
        summary: 'All endpoints, and how their deliveries go',
        tags: ['webhooks'],
        response: {
          200: json('The endpoints, without their secrets', z.strictObject({ webhooks: z.array(endpoint) })),
          ...problems(),
        },
      },
    },
    async () => {
      const cursors = await readCursors(host);
      return { webhooks: (await webhooks.list()).map((each) => toListing(each, cursors)) };
    },
  );
  api.get(
    '/webhooks/:id/deliveries',
    {
      config,
      schema: {
        operationId: 'listDeliveries',
        summary: 'The last tries to deliver to an endpoint, the newest first',
        description: `The last ${limits.webhookLog} are kept.`,
        tags: ['webhooks'],
        params,
        querystring: z.strictObject({ limit: pageLimit }),
        response: {
          200: json('The tries', z.strictObject({ deliveries: z.array(delivery) })),
          ...problems('webhook-not-found'),
        },
      },
    },
    async ({ params: { id }, query: { limit } }) => {
      const [tries, { toCursor }] = await Promise.all([webhooks.deliveries(id, limit), readCursors(host)]);
      const deliveries = tries.map(({ position, at, ...each }) => ({
        place: toCursor(position),
        at: toIsoTime(at),
        ...each,
      }));
      return { deliveries };
    },
  );
};

const addSwitching = (api: Api, webhooks: Webhooks, { host }: Dependencies): void => {
  const switches = [
    ['enable', 'enableWebhook', 'Goes on with what was not delivered, at once', true],
    ['disable', 'disableWebhook', 'Sends nothing until it is enabled; what happens meanwhile waits', false],
  ] as const;
  for (const [path, operationId, summary, isEnabled] of switches) {
    const response = {
      200: json('The endpoint', endpoint),
      ...problems('webhook-not-found', ...bodyProblems),
    };
    api.post(
      `/webhooks/:id/${path}`,
      { config, schema: { operationId, summary, tags: ['webhooks'], params, body: nothing, response } },
      async ({ params: { id }, caller: { principal = null } }) =>
        toListing(await webhooks.setEnabled(id, isEnabled, principal), await readCursors(host)),
    );
  }
  api.post(
    '/webhooks/:id/replay',
    {
      config,
      schema: {
        operationId: 'replayWebhook',
        summary: 'Delivers everything behind a place of the journal, again or not at all',
        tags: ['webhooks'],
        params,
        body: z.strictObject({ after: cursor }),
        response: {
          200: json('The endpoint', endpoint),
          ...problems('webhook-not-found', 'cursor-unknown', ...bodyProblems),
        },
      },
    },
    async ({ params: { id }, body: { after } }) => {
      const cursors = await readCursors(host);
      return toListing(await webhooks.replay(id, await cursors.toPosition(after)), cursors);
    },
  );
};

const addEnding = (api: Api, webhooks: Webhooks, { host }: Dependencies): void => {
  api.post(
    '/webhooks/:id/rotate',
    {
      config,
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Makes a new secret; the old one signs beside it for a while',
        tags: ['webhooks'],
        params,
        body: z.strictObject({ keepOldMinutes: z.int().min(0).max(43_200).default(1440) }),
        response: {
          200: json('The new secret', withSecret),
          ...problems('webhook-not-found', ...bodyProblems),
        },
      },
    },
    async ({ params: { id }, body: { keepOldMinutes } }) =>
      toWithSecret(await webhooks.rotate(id, keepOldMinutes * 60_000), await readCursors(host)),
  );
  api.post(
    '/webhooks/:id/remove',
    {
      config,
      schema: {
        operationId: 'removeWebhook',
        summary: 'Removes an endpoint with its log',
        tags: ['webhooks'],
        params,
        body: nothing,
        response: { 200: json('It is removed', nothing), ...problems('webhook-not-found', ...bodyProblems) },
      },
    },
    async ({ params: { id }, caller: { principal = null } }) => {
      await webhooks.remove(id, principal);
      return {};
    },
  );
};

export const addWebhooks = (api: Api, webhooks: Webhooks, dependencies: Dependencies): void => {
  addMaking(api, webhooks, dependencies);
  addReading(api, webhooks, dependencies);
  addSwitching(api, webhooks, dependencies);
  addEnding(api, webhooks, dependencies);
};
