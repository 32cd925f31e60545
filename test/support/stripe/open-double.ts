// Starts the provider's double for a test, sets what it does wrong, and reads its ledger from the disk.
import { join } from 'node:path';
import type Stripe from 'stripe';
import { z } from 'zod';
import { launch } from '../../e2e/server.ts';
import { readLines } from '../../process/durable-lines.ts';
import type { FaultRules } from './faults.ts';
import type { Stored } from './objects.ts';
import type { WebhookRules } from './webhooks.ts';

export const secretKey = 'sk_test_double';

export interface LedgerView {
  readonly intents: readonly Stripe.PaymentIntent[];
  readonly refunds: readonly Stripe.Refund[];
  readonly events: readonly Stripe.Event[];
}

export interface StripeDouble {
  readonly url: string;
  setFaults(rules: FaultRules): Promise<void>;
  setWebhooks(rules: WebhookRules): Promise<void>;
  forgetKeys(): Promise<void>;
  /** The customer confirms the payment at the bank, or fails to. */
  authenticate(intent: string, outcome: 'confirmed' | 'failed'): Promise<void>;
  /** The customer disputes the payment. Resolves with the dispute's id. */
  dispute(intent: string): Promise<string>;
  closeDispute(id: string, status: 'won' | 'lost' | 'warning_closed'): Promise<void>;
  /** Webhooks that nobody has accepted yet. */
  pending(): Promise<number>;
  /** Sends an event once more, until it is accepted. */
  send(eventId: string): Promise<void>;
  /** Writes objects into its ledger that no request has led to, or changes those with the same ids. */
  plant(...objects: readonly Stored[]): Promise<void>;
  /** What is on its disk. */
  ledger(): Promise<LedgerView>;
  close(): Promise<void>;
}

const isObject = (value: unknown): boolean =>
  z.looseObject({ id: z.string(), object: z.string() }).safeParse(value).success;
const line = z.looseObject({ objects: z.array(z.custom<Stored>(isObject)) });

export const openStripeDouble = async (folder: string): Promise<StripeDouble> => {
  const LEDGER = join(folder, 'stripe.jsonl');
  const program = launch([process.execPath, join(import.meta.dirname, 'double.main.ts')], folder, {
    LEDGER,
    STRIPE_SECRET_KEY: secretKey,
  });
  const [, url = ''] = await program.untilPrinted(/listens on (http:\/\/\S+)/);
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/_double/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return response.json();
  };
  return {
    url,
    setFaults: async (rules) => void (await control('PUT', 'faults', rules)),
    setWebhooks: async (rules) => void (await control('PUT', 'webhooks', rules)),
    forgetKeys: async () => void (await control('POST', 'forget-keys')),
    authenticate: async (intent, outcome) =>
      void (await control('POST', 'authenticate', { intent, outcome })),
    dispute: async (intent) =>
      z.object({ id: z.string() }).parse(await control('POST', 'disputes', { intent })).id,
    closeDispute: async (id, status) => void (await control('POST', 'disputes/close', { id, status })),
    pending: async () => z.object({ pending: z.int() }).parse(await control('GET', 'pending')).pending,
    send: async (id) => void (await control('POST', 'send', { id })),
    plant: async (...objects) => void (await control('POST', 'plant', { objects })),
    ledger: async () => {
      const objects = (await readLines(LEDGER)).flatMap((each) => line.parse(each).objects);
      const newest = [...new Map(objects.map((object) => [object.id, object])).values()];
      return {
        intents: newest.filter((each) => each.object === 'payment_intent'),
        refunds: newest.filter((each) => each.object === 'refund'),
        events: newest.filter((each) => each.object === 'event'),
      };
    },
    close: async () => {
      program.send('SIGTERM');
      await program.ended;
    },
  };
};
