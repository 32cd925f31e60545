// The moves that people make on an order, each a route of its own that sends one message. It
// never decides whether a move is open: the chart does.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { MoveName } from '../../../machines/system.ts';
import type { Access, Caller } from '../../access.ts';
import type { Clock } from '../../clock.ts';
import type { Receipt, Sending } from '../../host.ts';
import { limits } from '../../limits.ts';
import type { OrderView } from '../../shop/view.ts';
import { toOrderAddress } from '../edge/cloud-events.ts';
import type { Api } from '../edge/dependencies.ts';
import { createOnce } from '../edge/idempotency.ts';
import {
  idempotencyKey,
  identifier,
  ifMatch,
  newIdentifier,
  orderParams,
  preferFirst,
  text,
} from '../edge/inputs.ts';
import { beginWait } from '../edge/preferences.ts';
import { json, problems } from '../edge/responses.ts';
import { sendStored } from '../edge/send-stored.ts';
import type { RouteDependencies } from './dependencies.ts';
import { checkOutcome, executeMove, type MoveRequest, pickIncidentMove } from './execute-move.ts';
import { refuseUnknownParts } from './partial-moves.ts';
import { countRefund } from './refund-cap.ts';
import { checkRefundLimit } from './refund-limit.ts';
import { order } from './schemas.ts';

const reason = text.default('asked by the customer');

const refundLines = z
  .array(
    z.strictObject({
      productId: identifier,
      quantity: z.int().min(1).max(limits.quantity),
      restock: z.boolean().describe('whether the products go back into stock after the refund'),
    }),
  )
  .min(1)
  .max(limits.lines)
  .describe('what is refunded of which product');

const createBodies = (actors: readonly string[]) => {
  const actor = z.enum(actors).exactOptional().describe('which actor, when several have an incident');
  return {
    cancel: z.strictObject({ reason }),
    capture: z.strictObject({
      amount: z
        .int()
        .positive()
        .exactOptional()
        .describe('minor units, up to what was authorised; the rest is voided. Left out: all of it'),
    }),
    refund: z.strictObject({
      amount: z
        .int()
        .positive()
        .exactOptional()
        .describe(
          'minor units; left out: the price of `lines`, up to what is left; without lines all that is left',
        ),
      lines: refundLines.exactOptional(),
      reason,
    }),
    retry: z.strictObject({ actor, note: text.exactOptional() }),
    resolve: z.strictObject({
      actor,
      outcome: identifier,
      note: text,
      transactionId: newIdentifier
        .exactOptional()
        .describe("the bank's, for a charge that was made after all"),
    }),
  } as const satisfies Record<MoveName, z.ZodObject>;
};
type Bodies = ReturnType<typeof createBodies>;

/** What opens each move's route. */
const access = {
  cancel: 'orders:cancel',
  capture: 'money',
  refund: 'money',
  retry: 'incidents',
  resolve: 'incidents',
} as const satisfies Record<MoveName, Access>;

const describe = <Name extends MoveName>(bodies: Bodies, move: Name, summary: string) => {
  const keyIsNeeded = move === 'refund';
  return {
    operationId: `${move}Order`,
    summary,
    description:
      'The chart decides whether it accepts the move; `moves` of the order lists what it accepts now.',
    tags: ['moves'],
    params: orderParams,
    headers: z.object({
      'idempotency-key': keyIsNeeded ? idempotencyKey : idempotencyKey.exactOptional(),
      'if-match': ifMatch.exactOptional(),
      prefer: preferFirst.exactOptional(),
    }),
    body: bodies[move],
    response: {
      [keyIsNeeded ? 201 : 200]: json('It is done; the order as it is now', order),
      ...problems(
        ...(keyIsNeeded ? (['idempotency-key-missing', 'refund-limit-reached'] as const) : []),
        'idempotency-key-in-use',
        'idempotency-key-reused',
        'order-not-found',
        'order-unreadable',
        'move-not-allowed',
        'version-mismatch',
        ...(keyIsNeeded ? (['refund-cap-reached'] as const) : []),
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
  if (request.body === undefined) request.body = {};
};

const declare = <Name extends MoveName>(bodies: Bodies, move: Name, summary: string) => ({
  config: { access: access[move], forCustomers: true } as const,
  schema: describe(bodies, move, summary),
  preValidation,
});

interface IncomingMove {
  readonly caller: Caller;
  readonly params: { readonly id: string };
  readonly headers: MoveRequest['headers'] & { readonly prefer?: string };
  readonly body: unknown;
}

/** What is decided together with a move, on the order as it is then. */
const toAlongside = (
  caller: Caller,
  move: MoveName,
  body: unknown,
  clock: Clock,
): Sending<OrderView>['alongside'] => {
  if (move !== 'refund' && move !== 'capture') return undefined;
  const count = move === 'refund' ? countRefund(caller, body, clock) : undefined;
  return (rows, before) => {
    refuseUnknownParts(before, move, body);
    count?.(rows, before);
  };
};

type Make = (
  request: IncomingMove,
  reply: FastifyReply,
  move: MoveName,
  deliver: MoveRequest['deliver'],
) => Promise<void>;

const createMake = (parts: RouteDependencies): Make => {
  const once = createOnce<OrderView, Receipt<OrderView>>(parts);
  return async ({ caller, params, headers, body }, reply, move, deliver) => {
    using patience = beginWait(headers.prefer, parts, reply);
    const alongside = toAlongside(caller, move, body, parts.clock);
    const asked = { caller, orderId: params.id, move, body, headers, patience, alongside, deliver };
    const answered = await executeMove(parts, once, asked);
    if (answered.status === 201) reply.header('location', toOrderAddress(answered.orderId));
    sendStored(reply, answered);
  };
};

const addOrderMoves = (api: Api, parts: RouteDependencies, make: Make, bodies: Bodies): void => {
  api.post(
    '/orders/:id/cancel',
    declare(bodies, 'cancel', 'Cancels the order: reserved stock is released, money is returned'),
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
    declare(bodies, 'capture', 'Captures the money that was authorised, or a part of it'),
    async (request, reply) => {
      await make(request, reply, 'capture', async () => ({
        to: 'order',
        message: { type: 'order.capture', ...request.body },
      }));
      return reply;
    },
  );
  api.post(
    '/orders/:id/refunds',
    declare(bodies, 'refund', 'Gives money back: by line, a part, or all that is left'),
    async (request, reply) => {
      await make(request, reply, 'refund', async () => {
        await checkRefundLimit(parts, request.params.id, request.caller);
        return {
          to: 'order',
          message: { type: 'order.refund', refundId: parts.ids.next(), ...request.body },
        };
      });
      return reply;
    },
  );
};

const addIncidentMoves = (api: Api, parts: RouteDependencies, make: Make, bodies: Bodies): void => {
  api.post(
    '/orders/:id/retry',
    declare(bodies, 'retry', 'Retries what an incident stopped'),
    async (request, reply) => {
      await make(request, reply, 'retry', async () => {
        const { actor, ...message } = request.body;
        const picked = await pickIncidentMove(parts, request.params.id, 'retry', actor, request.caller);
        return { to: picked.actor, message: { type: 'incident.retry', ...message } };
      });
      return reply;
    },
  );
  api.post(
    '/orders/:id/resolve',
    declare(bodies, 'resolve', 'Closes an incident with its outcome and a note'),
    async (request, reply) => {
      await make(request, reply, 'resolve', async () => {
        const { actor, ...message } = request.body;
        const picked = await pickIncidentMove(parts, request.params.id, 'resolve', actor, request.caller);
        checkOutcome(picked, message.outcome);
        return { to: picked.actor, message: { type: 'incident.resolve', ...message } };
      });
      return reply;
    },
  );
};

export const addMoves = (api: Api, parts: RouteDependencies): void => {
  const make = createMake(parts);
  const bodies = createBodies(Object.keys(parts.application.charts));
  addOrderMoves(api, parts, make, bodies);
  addIncidentMoves(api, parts, make, bodies);
};
