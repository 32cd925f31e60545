// Facts that services send of their own accord, such as money that arrives late: signed by the service's secret instead of
// a key, and delivered to the actor that the message declares, once. It decides nothing: the charts do.
import type { FastifyRequest } from 'fastify';
import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import type { Answer, Receipt, SystemView } from '../host.ts';
import { serviceOf } from '../service.ts';
import type { Api, EdgeDependencies, FactRules } from './edge/dependencies.ts';
import { invalid, toPointer } from './edge/errors.ts';
import { createOnce, toFingerprint } from './edge/idempotency.ts';
import { identifier } from './edge/inputs.ts';
import { bodyProblems, json, problems } from './edge/responses.ts';

const params = z.strictObject({ name: identifier.describe('the name of the service that sends it') });
const signed = z.object({
  'webhook-id': identifier.describe('the same for each repetition: a fact counts once'),
  'webhook-timestamp': z.string().describe('when it was signed, in seconds since 1970'),
  'webhook-signature': z.string().describe('as in Standard Webhooks, by the secret of the service'),
});
const body = z
  .strictObject({
    orderId: identifier,
    message: z
      .looseObject({ type: z.string() })
      .describe('a message that the service may send, with exactly its fields (docs/messages.md)'),
  })
  .meta({
    examples: [{ orderId: '1', message: { type: 'gateway.captured', key: '1/capture/1', attempt: 1 } }],
  });
const taken = z.strictObject({
  orderId: z.string(),
  version: z.int().describe('the version of the order after it'),
});

/** A service that is unknown, or sends no facts, has signed nothing. */
const whyUnsigned =
  ({ services }: FactRules) =>
  (request: FastifyRequest, bytes: Buffer): string | undefined => {
    const { name } = params.safeParse(request.params).data ?? { name: '' };
    const service = Object.hasOwn(services, name) ? serviceOf(services, name) : undefined;
    return service?.place === 'outside' && service.whyUnsigned !== undefined
      ? service.whyUnsigned(request.headers, bytes)
      : 'No service of this name has a secret here.';
  };

/** Who gets the fact. @throws AppError `invalid-request` for what is none of the service, or has other fields. */
const toReceiver = (
  { application: { messages, charts } }: FactRules,
  name: string,
  { type, ...payload }: AnyEventObject,
): string => {
  const declared = Object.hasOwn(messages, type) ? messages[type] : undefined;
  const receiver = declared?.to.find((actor) => Object.hasOwn(charts, actor));
  if (declared === undefined || receiver === undefined || !declared.from.includes(name)) {
    throw invalid([{ path: '/message/type', message: `is no message that ${name} may send` }]);
  }
  const { error } = declared.payload.safeParse(payload);
  if (error === undefined) return receiver;
  throw invalid(
    error.issues.map(({ path, message }) => ({ path: toPointer(['message', ...path]), message })),
  );
};

const respond = ({ id, version }: SystemView): Answer => ({
  status: 200,
  body: JSON.stringify({ orderId: id, version }),
});

export const addFacts = (api: Api, { facts, host, keys, clock }: EdgeDependencies): void => {
  const once = createOnce<SystemView, Receipt>({ host, keys, clock });
  api.post(
    '/services/:name/facts',
    {
      config: { access: 'signed', whyUnsigned: whyUnsigned(facts) },
      schema: {
        operationId: 'sendFact',
        summary: 'What a service reports of an order without being asked',
        description:
          'Signed as in Standard Webhooks instead of with a key. A fact is recorded with its order before the answer, also if it changes nothing; a repetition with the same webhook-id changes nothing, and another fact with it is refused.',
        tags: ['operations'],
        params,
        headers: signed,
        body,
        security: [],
        response: {
          200: json('It is recorded, now or earlier', taken),
          ...problems(
            'signature-invalid',
            'order-not-found',
            'order-unreadable',
            'idempotency-key-in-use',
            'idempotency-key-reused',
            ...bodyProblems,
          ),
        },
      },
    },
    async ({ params: { name }, headers, body: { orderId, message } }, reply) => {
      const to = toReceiver(facts, name, message);
      const scope = `services/${name}/facts`;
      const key = headers['webhook-id'];
      const use = {
        ...{ scope, key, fingerprint: toFingerprint(scope, { orderId, message }) },
        ...{ unnamedScope: undefined, owner: undefined },
      };
      const answered = await once(
        use,
        respond,
        (idempotency) =>
          host.send({ orderId, to, message, messageId: `${scope}/${key}`, otherwise: 'record', idempotency }),
        ({ view, answer }) => ({
          ...(answer ?? respond(view)),
          orderId,
          version: view.version,
          replayed: false,
        }),
      );
      return reply
        .code(200)
        .type('application/json')
        .send(taken.parse(JSON.parse(answered.body)));
    },
  );
};
