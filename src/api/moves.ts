// The moves that people make on an order, each a route of its own with the message that it stands for. It
// never decides whether a move is open: the chart does.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { actorNames } from '../../machines/messages.ts';
import type { MoveName } from '../host.ts';
import { json, problems } from './documented.ts';
import { createOnce } from './idempotency.ts';
import { idempotencyKey, identifier, ifMatch, orderParams, text } from './inputs.ts';
import { type Asked, checkOutcome, makeMove, pickParked } from './making-moves.ts';
import type { Api, RouteParts } from './parts.ts';
import { order } from './schemas.ts';
import { sendKept } from './sending.ts';
import { toOrderAddress } from './views.ts';

const actor = z.enum(actorNames).exactOptional().describe('the parked actor, where several are parked');
const reason = text.default('asked by the customer');
const bodies = {
  cancel: z.strictObject({ reason }),
  capture: z.strictObject({}),
  refunds: z.strictObject({
    amount: z.int().positive().exactOptional().describe('minor units; left out: all that is left'),
    reason,
  }),
  retry: z.strictObject({ actor, note: text.exactOptional() }),
  resolve: z.strictObject({
    actor,
    outcome: identifier,
    note: text,
    transactionId: identifier.exactOptional().describe("the bank's, for a charge that was made after all"),
  }),
} as const satisfies Record<MoveName, z.ZodObject>;

const describe = <Name extends MoveName>(move: Name, summary: string) => {
  const keyIsNeeded = move === 'refunds';
  return {
    operationId: `${move}Order`,
    summary,
    description:
      'The chart decides whether it takes the move; `allowed` of the order lists what it takes now.',
    tags: ['moves'],
    params: orderParams,
    headers: z.object({
      'idempotency-key': keyIsNeeded ? idempotencyKey : idempotencyKey.exactOptional(),
      'if-match': ifMatch.exactOptional(),
    }),
    body: bodies[move],
    response: {
      [keyIsNeeded ? 201 : 200]: json('It is done; the order as it is now', order),
      ...problems(
        ...(keyIsNeeded ? (['idempotency-key-missing'] as const) : []),
        'idempotency-key-in-use',
        'idempotency-key-reused',
        'order-not-found',
        'order-unreadable',
        'move-not-allowed',
        'version-mismatch',
        'body-too-large',
        'unsupported-media-type',
        'overloaded',
        'store-unavailable',
      ),
    },
  };
};

/** Every field of a move can have a default; then there is nothing to send. */
const preValidation = async (request: FastifyRequest): Promise<void> => {
  request.body ??= {};
};

interface MoveRequest {
  readonly params: { readonly id: string };
  readonly headers: Asked['headers'];
  readonly body: unknown;
}

type Make = (
  request: MoveRequest,
  reply: FastifyReply,
  move: MoveName,
  deliver: Asked['deliver'],
) => Promise<void>;

const createMake = (parts: RouteParts): Make => {
  const once = createOnce(parts.host);
  return async ({ params, headers, body }, reply, move, deliver) => {
    const answered = await makeMove(parts, once, { orderId: params.id, move, body, headers, deliver });
    if (answered.status === 201) reply.header('location', toOrderAddress(answered.orderId));
    sendKept(reply, answered);
  };
};

const addMovesOfOrder = (api: Api, { ids }: RouteParts, make: Make): void => {
  api.post(
    '/orders/:id/cancel',
    { schema: describe('cancel', 'Cancels the order; what was held or taken is given back'), preValidation },
    async (request, reply) => {
      await make(request, reply, 'cancel', async () => ({
        to: 'order',
        message: { type: 'order.cancel', reason: request.body.reason },
      }));
      return reply;
    },
  );
  api.post(
    '/orders/:id/capture',
    { schema: describe('capture', 'Takes the money that was authorised'), preValidation },
    async (request, reply) => {
      await make(request, reply, 'capture', async () => ({
        to: 'order',
        message: { type: 'order.capture' },
      }));
      return reply;
    },
  );
  api.post(
    '/orders/:id/refunds',
    { schema: describe('refunds', 'Gives money back, all that is left or a part'), preValidation },
    async (request, reply) => {
      await make(request, reply, 'refunds', async () => ({
        to: 'order',
        message: { type: 'order.refund', refundId: ids.next(), ...request.body },
      }));
      return reply;
    },
  );
};

const addMovesOfParked = (api: Api, parts: RouteParts, make: Make): void => {
  api.post(
    '/orders/:id/retry',
    { schema: describe('retry', 'Lets a parked actor try again'), preValidation },
    async (request, reply) => {
      await make(request, reply, 'retry', async () => {
        const { actor, ...message } = request.body;
        const picked = await pickParked(parts, request.params.id, 'retry', actor);
        return { to: picked.actor, message: { type: 'incident.retry', ...message } };
      });
      return reply;
    },
  );
  api.post(
    '/orders/:id/resolve',
    { schema: describe('resolve', 'Says how it ended outside, with a note'), preValidation },
    async (request, reply) => {
      await make(request, reply, 'resolve', async () => {
        const { actor, ...message } = request.body;
        const picked = await pickParked(parts, request.params.id, 'resolve', actor);
        checkOutcome(picked, message.outcome);
        return { to: picked.actor, message: { type: 'incident.resolve', ...message } };
      });
      return reply;
    },
  );
};

export const addMoves = (api: Api, parts: RouteParts): void => {
  const make = createMake(parts);
  addMovesOfOrder(api, parts, make);
  addMovesOfParked(api, parts, make);
};
