// What Stripe's events say to a payment chart (src/services/stripe-facts.ts): the events are those of the provider's double.
import type Stripe from 'stripe';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import { createStripeClient } from '../../src/services/stripe-client.ts';
import { createStripeFacts } from '../../src/services/stripe-facts.ts';
import { type StripeDouble, secretKey } from '../support/stripe/open-double.ts';
import { capture, charge, chargeKey, openGateway, transactionOf } from './stripe-gateway.ts';

const openFacts = async (paymentMethod = 'pm_card_visa') => {
  const { double, send } = await openGateway({ paymentMethod });
  const { api } = createStripeClient({ secretKey, apiBase: double.url, timeoutMs: 1000 });
  return { double, send, facts: createStripeFacts({ secrets: [], isTest: true, clock: systemClock, api }) };
};
const eventOf = async (double: StripeDouble, type: string): Promise<Stripe.Event> => {
  const event = (await double.ledger()).events.find((each) => each.type === type);
  if (event === undefined) throw new Error(`there is no event ${type}`);
  return event;
};

it('an authorisation says how long it lasts, which only its charge knows', async () => {
  const { double, send, facts } = await openFacts();
  await send(charge({ capture: 'later' }));
  const event = await eventOf(double, 'payment_intent.amount_capturable_updated');
  const fact = await facts.read(event);
  expect(fact?.message).toMatchObject({ type: 'gateway.authorized', key: chargeKey, amount: 17_500 });
  expect(fact?.message['expiresInMs']).toBeGreaterThan(604_800_000 - 60_000);
  await double.setFaults([{ on: ['retrieve'], fault: { kind: 'error', effect: false } }]);
  await expect(facts.read(event)).rejects.toMatchObject({ code: 'provider-unavailable' });
});

it('a capture in part is the capture’s own answer, and no charge of another amount', async () => {
  const { double, send, facts } = await openFacts();
  const transactionId = transactionOf(await send(charge({ capture: 'later' })));
  await send({ ...capture(transactionId), amount: 5000 });
  expect((await facts.read(await eventOf(double, 'payment_intent.succeeded')))?.message).toEqual({
    ...{ type: 'gateway.captured', key: 'order-1/capture/1', attempt: 1 },
  });
});

it('a payment that waits for its customer, and one whose authentication failed, are the charge’s answers', async () => {
  const { double, send, facts } = await openFacts('pm_card_threeDSecure2Required');
  const transactionId = transactionOf(await send(charge()));
  const read = async (type: string) => (await facts.read(await eventOf(double, type)))?.message;
  const ours = { key: chargeKey, attempt: 1 };
  expect(await read('payment_intent.requires_action')).toEqual({
    ...{ type: 'gateway.action-required', transactionId, ...ours },
  });
  await double.authenticate(transactionId, 'failed');
  expect(await read('payment_intent.payment_failed')).toMatchObject({ type: 'gateway.declined', ...ours });
});

it('a dispute is about our charge, with its deadline, and an enquiry that came to nothing is won', async () => {
  const { double, send, facts } = await openFacts();
  const disputeId = await double.dispute(transactionOf(await send(charge())));
  const about = { key: chargeKey, disputeId, amount: 17_500, currency: 'USD' };
  expect(await facts.read(await eventOf(double, 'charge.dispute.created'))).toMatchObject({
    ...{ orderId: 'order-1', to: 'payment' },
    message: { type: 'gateway.dispute-opened', ...about, evidenceDueInMs: expect.any(Number) },
  });
  await double.closeDispute(disputeId, 'warning_closed');
  expect((await facts.read(await eventOf(double, 'charge.dispute.closed')))?.message).toMatchObject({
    ...{ type: 'gateway.dispute-closed', ...about, outcome: 'won' },
  });
});

it('a dispute of a payment of others says nothing', async () => {
  const { double, facts } = await openFacts();
  const ask = async (path: string, body: string, key: string) => {
    const answer = await fetch(`${double.url}/v1/payment_intents${path}`, {
      ...{ method: 'POST', body },
      headers: { authorization: `Bearer ${secretKey}`, 'idempotency-key': key },
    });
    return z.looseObject({ id: z.string() }).parse(await answer.json());
  };
  const { id } = await ask('', 'amount=500&currency=usd', 'create');
  await ask(`/${id}/confirm`, 'payment_method=pm_card_visa', 'confirm');
  await double.dispute(id);
  expect(await facts.read(await eventOf(double, 'charge.dispute.created'))).toBeUndefined();
});
