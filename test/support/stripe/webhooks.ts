// The webhooks of the provider's double: each event is signed as the provider signs, and sent until it is accepted: early,
// late, twice or never. What waits is in memory alone, because a double is never killed.
import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';
import { z } from 'zod';
import { createRandom } from '../../../src/simulator/random.ts';
import { tryRequest } from '../../process/try-request.ts';

const rate = z.number().min(0).max(1);
export const webhookRules = z.strictObject({
  url: z.url(),
  secret: z.string(),
  seed: z.string().default('double'),
  /** The answer waits until the event was sent once. */
  earlyRate: rate.default(0),
  twiceRate: rate.default(0),
  neverRate: rate.default(0),
  /** Sent up to so many ms after the answer. */
  lateMs: z.int().default(0),
});
export type WebhookRules = z.input<typeof webhookRules>;

export const createWebhooks = () => {
  let rules: z.output<typeof webhookRules> | undefined;
  let pending = 0;
  let sent = 0;

  const isAccepted = async (event: Stripe.Event): Promise<boolean> => {
    if (rules === undefined) return false;
    const payload = JSON.stringify(event);
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: rules.secret });
    const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
    const answer = await tryRequest(rules.url, 5000, { method: 'POST', headers, body: payload });
    return answer !== undefined && answer.status < 300;
  };
  const deliver = async (event: Stripe.Event): Promise<void> => {
    while (!(await isAccepted(event))) await pause(100);
  };

  return {
    set: (given: unknown): void => {
      rules = webhookRules.parse(given);
    },
    pending: () => pending,
    deliver,
    /** Resolves when the answer may go out. */
    schedule: async (event: Stripe.Event): Promise<void> => {
      if (rules === undefined) return;
      const { seed, earlyRate, twiceRate, neverRate, lateMs } = rules;
      sent += 1;
      const happens = (what: string, share: number) => createRandom(seed, what, sent).happens(share);
      if (happens('never', neverRate)) return;
      const isEarly = happens('early', earlyRate);
      const isTwice = happens('twice', twiceRate);
      const lateBy = createRandom(seed, 'late', sent).fraction() * lateMs;
      pending += 1;
      if (isEarly) await isAccepted(event);
      const run = async () => {
        await pause(lateBy);
        await deliver(event);
        if (isTwice) await deliver(event);
        pending -= 1;
      };
      void run();
    },
  };
};
