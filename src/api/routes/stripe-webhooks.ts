// Takes in what Stripe reports: answered with 2xx only when it is stored with its order, so that Stripe sends everything else
// again. Its signature opens the route; what it means is for the adapter to say.
import type { FastifyRequest } from 'fastify';
import { Counter } from 'prom-client';
import { AppError } from '../../errors.ts';
import type { Fact, SignedFacts } from '../../signed-facts.ts';
import type { Api } from '../edge/dependencies.ts';
import type { RouteDependencies } from './dependencies.ts';

const outcomes = ['applied', 'ignored', 'dead', 'duplicate', 'not-ours', 'unknown-order'] as const;
type EventOutcome = (typeof outcomes)[number];

const toOutcome = async (
  { host, incidents, logger }: RouteDependencies,
  fact: Fact | undefined,
): Promise<EventOutcome> => {
  if (fact === undefined) return 'not-ours';
  const { id: messageId, orderId, to, message } = fact;
  try {
    const outcome = await host.send({ orderId, to, message, messageId, otherwise: 'record' });
    return outcome.outcome === 'done' ? outcome.result.disposition : 'duplicate';
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'order-not-found') throw error;
    // Sending it again would not help: a person has to look at the account.
    const text =
      'Stripe reports money of an order that is not in this store: look at the event in its dashboard';
    const details = { orderId, eventId: messageId, type: message.type };
    logger.error(details, text);
    const about = { service: 'gateway', reason: 'unknown-order', text: `${text}.`, details };
    await incidents.open({ ...about, key: `stripe/event/${messageId}`, once: true });
    return 'unknown-order';
  }
};

export const addStripeWebhooks = (api: Api, facts: SignedFacts, parts: RouteDependencies): void => {
  const events = new Counter({
    name: 'orderchart_stripe_events_total',
    help: 'Events that Stripe has reported by webhook, by what became of them; an unknown-order needs a person',
    labelNames: ['outcome'],
    registers: [parts.metrics],
  });
  for (const outcome of outcomes) events.inc({ outcome }, 0);
  const whyUnsigned = ({ headers }: FastifyRequest, bytes: Buffer): AppError | undefined => {
    const why = facts.whyUnsigned(headers, bytes);
    return why === undefined ? undefined : new AppError('signature-invalid', why);
  };
  api.post(
    '/webhooks/stripe',
    { config: { access: 'signed', whyUnsigned }, schema: { hide: true } },
    async ({ body }, reply) => {
      events.inc({ outcome: await toOutcome(parts, await facts.read(body)) });
      return reply.code(204).send();
    },
  );
};
