// Every call of an order to a service and what it came to. It shows no texts of services, and makes no call.
import { z } from 'zod';
import { toIsoTime } from '../../clock.ts';
import { FairShare } from '../../fair-share.ts';
import type { CallRecord } from '../../host.ts';
import { limits } from '../../limits.ts';
import type { Api } from '../edge/dependencies.ts';
import { afterNumber, eventLimit, orderParams } from '../edge/inputs.ts';
import { json, problems } from '../edge/responses.ts';
import { components, instant, next } from '../edge/schemas.ts';
import type { RouteDependencies } from './dependencies.ts';
import { findOrder } from './orders.ts';

const call = z
  .strictObject({
    number: z.int().describe('1, 2, 3, … within the order, as they were decided'),
    id: z.string(),
    service: z.string(),
    actor: z.string(),
    command: z.string(),
    key: z.string().describe('the idempotency key: the same for each attempt of one intent'),
    attempt: z.int().nullable(),
    decidedAt: instant,
    reply: z
      .strictObject({
        type: z.string(),
        at: instant,
        reason: z.string().nullable().describe('a fixed word'),
        code: z.string().nullable().describe('a fixed word, such as the code of the bank'),
        disposition: z.enum(['applied', 'ignored', 'dead']),
      })
      .nullable()
      .describe('null: nothing came back yet, or nothing will'),
    droppedAt: instant.nullable().describe('when a migration dropped the call'),
  })
  .register(components, { id: 'Call', description: 'One try of a call to a service' });

const toCall = (record: CallRecord): z.output<typeof call> => {
  const { number, callId, service, actor, command, key, attempt, decidedAt, reply, droppedAt } = record;
  return {
    ...{ number, id: callId, service, actor, command, key },
    attempt: attempt ?? null,
    decidedAt: toIsoTime(decidedAt),
    reply:
      reply === undefined
        ? null
        : {
            type: reply.type,
            at: toIsoTime(reply.at),
            reason: reply.reason ?? null,
            code: reply.code ?? null,
            disposition: reply.disposition,
          },
    droppedAt: droppedAt === undefined ? null : toIsoTime(droppedAt),
  };
};

export const addCalls = (api: Api, { host }: RouteDependencies): void => {
  const share = new FairShare({ most: limits.trailsOfOne, what: 'requests for calls' });
  api.get(
    '/orders/:id/calls',
    {
      config: { access: 'orders:read', forCustomers: true },
      schema: {
        operationId: 'listCalls',
        summary: 'Every call to a service that the order decided, with what came back',
        description:
          'They are read off the recorded messages by a replay. The list is empty if the charts of the order are not known here.',
        tags: ['orders'],
        params: orderParams,
        querystring: z.strictObject({
          after: afterNumber.default(0).describe('the `next` of the page before'),
          limit: eventLimit,
        }),
        response: {
          200: json('One page, oldest first', z.strictObject({ calls: z.array(call), next })),
          ...problems('order-not-found'),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { after, limit } = request.query;
      if (request.caller.owner !== undefined) await findOrder(host, id, request.caller);
      using _place = share.take(request);
      // One more than is shown says whether there is a next page.
      const found = await host.calls(id, after, limit + 1);
      const shown = found.slice(0, limit);
      return {
        calls: shown.map(toCall),
        next: found.length > limit ? String(shown.at(-1)?.number) : null,
      };
    },
  );
};
