// A payment gateway in a process of its own, whose ledger is on the disk before it answers. Its accounts are those of
// the simulated gateway; this program adds HTTP, the faults of a network, and webhooks.
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import { createSimulatedGateway } from '../../src/services/gateway-simulated.ts';
import type { CommandTo } from '../../src/shop/services.ts';
import { serveDouble } from './double-server.ts';
import { drawRefusal, drawResponse, readFaultRates } from './fault-rates.ts';
import { createWebhooks } from './webhooks.ts';

const { LEDGER = 'gateway.jsonl', FAULT_RATES } = process.env;
const rates = readFaultRates(FAULT_RATES);
const gateway = await createSimulatedGateway({
  ledgerPath: LEDGER,
  seed: rates.seed,
  delayMs: 0,
  declineRate: rates.declineRate,
  timeoutRate: 0,
  errorRate: 0,
  clock: systemClock,
});
const webhooks = createWebhooks(rates);

const isCommand = (value: unknown): value is CommandTo<'gateway'> =>
  z.object({ type: z.templateLiteral(['gateway.', z.string()]), key: z.string() }).safeParse(value).success;
const operation = z.object({ orderId: z.string(), command: z.custom<CommandTo<'gateway'>>(isCommand) });
const subscription = z.object({ url: z.url(), since: z.number() });
const holding = z.object({ held: z.boolean() });
const neverAborted = new AbortController().signal;
const failure = { type: 'gateway.failed', reason: 'technical-failure' };

/** Answers and webhooks wait for it, so that a test can be sure to find orders in progress. */
let released = Promise.withResolvers<void>();
released.resolve();

serveDouble(
  {
    'POST /operations': async (body) => {
      const { orderId, command } = operation.parse(body);
      const refusal = drawRefusal(rates, failure, command);
      if (refusal !== undefined) return refusal;
      const call = { orderId, correlationId: orderId, command, at: systemClock.now(), signal: neverAborted };
      const reply = await gateway.answer(call);
      await released.promise;
      if (command.type !== 'gateway.look-up' && reply.type !== 'gateway.refused') {
        const { key, attempt } = command;
        webhooks.schedule({ id: `webhook/${key}`, orderId, message: { ...reply, key, attempt } });
      }
      return drawResponse(rates, reply, command);
    },
    'PUT /answers': async (body) => {
      const { held } = holding.parse(body);
      released.resolve();
      if (held) released = Promise.withResolvers();
      return { status: 204 };
    },
    'PUT /subscriber': async (body) => {
      const { url, since } = subscription.parse(body);
      webhooks.subscribe(url, since);
      return { status: 204 };
    },
    'GET /webhooks': async () => ({ status: 200, body: { pending: webhooks.pending() } }),
  },
  async () => gateway.close?.(),
);
