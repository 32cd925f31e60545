// What would happen, on copies in memory: the addresses of what-if and of the preview of a move. It changes no order, and
// bounds what asking costs.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Application } from '../../application.ts';
import { countedAs } from '../../callers.ts';
import { AppError } from '../../errors.ts';
import type { OrderAccess } from '../../host.ts';
import { limits } from '../../limits.ts';
import { BudgetSpent, Pace, ReaderLeft } from './pace.ts';
import { previewAll } from './preview.ts';
import { PreviewQueue } from './preview-queue.ts';
import type { Timeline } from './timeline.ts';
import { followWhatIf } from './what-if.ts';

interface HypotheticalParts {
  readonly application: Application;
  readonly host: OrderAccess;
  readonly timeline: Timeline;
  readonly outside: readonly string[];
}

const message = z.looseObject({ type: z.string() });
const hypothetical = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reply'), callId: z.string(), message }),
  z.strictObject({ kind: z.literal('deadline'), key: z.string(), dueAt: z.number() }),
  z.strictObject({ kind: z.literal('message'), to: z.string(), message }),
]);
const mostHypotheticals = 50;
const orderParams = z.strictObject({ id: z.string() });
const previewBody = z.strictObject({
  move: z.string().max(limits.parameterBytes),
  orderIds: z.array(z.string().max(limits.parameterBytes)).max(limits.previewedOrders),
});
const whatIfBody = z.strictObject({
  version: z.int().positive(),
  hypotheticals: z.array(hypothetical).max(mostHypotheticals),
});
const hide = { hide: true } as const;
/** For whoever may read all orders. */
const config = { access: 'orders:read', isAdmin: true } as const;

/** Runs `work` when it is the caller's turn, for as long as its budget goes and somebody reads. */
const createAsk = (queue: PreviewQueue) => {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    work: (pace: Pace) => Promise<unknown>,
  ): Promise<FastifyReply> => {
    const leaving = new AbortController();
    reply.raw.once('close', () => leaving.abort());
    const { signal } = leaving;
    try {
      const run = () => work(new Pace(limits.replayBudget, signal));
      return reply.send(await queue.run(countedAs(request), signal, run));
    } catch (error) {
      if (error instanceof ReaderLeft) return reply.hijack();
      if (error instanceof BudgetSpent) throw new AppError('replay-unfinished', `${error.message}.`);
      throw error;
    }
  };
};

export const addHypotheticals = (api: FastifyInstance, parts: HypotheticalParts): void => {
  const ask = createAsk(new PreviewQueue());
  api.post<{ Params: z.infer<typeof orderParams>; Body: z.infer<typeof whatIfBody> }>(
    '/inspector/api/orders/:id/what-if',
    { config, schema: { ...hide, params: orderParams, body: whatIfBody } },
    (request, reply) =>
      ask(request, reply, async (pace) => {
        const answer = await followWhatIf(parts, parts.host, request.params.id, request.body, pace);
        if (answer === undefined) {
          throw new AppError('order-not-found', 'There is no such order or version.');
        }
        return answer;
      }),
  );
  api.post<{ Body: z.infer<typeof previewBody> }>(
    '/inspector/api/preview',
    { config, schema: { ...hide, body: previewBody } },
    (request, reply) =>
      ask(request, reply, (pace) =>
        previewAll(parts, parts.host, request.body.orderIds, request.body.move, pace),
      ),
  );
};
