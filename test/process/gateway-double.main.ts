// A payment gateway in a process of its own, with a ledger of its own that is synced before it answers. Its
// book is the simulated gateway's; what it adds is the wire, and what goes wrong on it.
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import type { CommandTo } from '../../src/service.ts';
import { createSimulatedGateway } from '../../src/services/gateway-simulated.ts';
import { serveDouble } from './double-server.ts';
import { readTrouble, toRefusal, toReply } from './trouble.ts';
import { createWebhooks } from './webhooks.ts';

const { LEDGER = 'gateway.jsonl', TROUBLE } = process.env;
const trouble = readTrouble(TROUBLE);
const gateway = await createSimulatedGateway({
  ledgerPath: LEDGER,
  seed: trouble.seed,
  delayMs: 0,
  declineRate: trouble.declineRate,
  timeoutRate: 0,
  errorRate: 0,
  clock: systemClock,
});
const webhooks = createWebhooks(trouble);

const isCommand = (value: unknown): value is CommandTo<'gateway'> =>
  z.object({ type: z.templateLiteral(['gateway.', z.string()]), key: z.string() }).safeParse(value).success;
const operation = z.object({ orderId: z.string(), command: z.custom<CommandTo<'gateway'>>(isCommand) });
const subscription = z.object({ url: z.url(), since: z.number() });
const neverAborted = new AbortController().signal;
const failed = { type: 'gateway.failed', reason: 'technical-failure' };

serveDouble(
  {
    'POST /operations': async (body) => {
      const { orderId, command } = operation.parse(body);
      const refusal = toRefusal(trouble, failed, command);
      if (refusal !== undefined) return refusal;
      const call = { orderId, correlationId: orderId, command, at: systemClock.now(), signal: neverAborted };
      const reply = await gateway.answer(call);
      if (command.type !== 'gateway.look-up' && reply.type !== 'gateway.refused') {
        const { key, attempt } = command;
        webhooks.announce({ id: `webhook/${key}`, orderId, message: { ...reply, key, attempt } });
      }
      return toReply(trouble, reply, command);
    },
    'PUT /subscriber': async (body) => {
      const { url, since } = subscription.parse(body);
      webhooks.subscribe(url, since);
      return { status: 204 };
    },
    'GET /figures': async () => ({ status: 200, body: webhooks.figures() }),
  },
  async () => gateway.close?.(),
);
