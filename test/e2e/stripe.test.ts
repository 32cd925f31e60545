// A real service that makes its payments at Stripe, or rather at a double of it: what an order leads to there, and what becomes
// of the facts that Stripe reports by webhook.
import { setTimeout as pause } from 'node:timers/promises';
import type Stripe from 'stripe';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { startMailServer } from '../services/smtp/server.ts';
import { secretKey } from '../support/stripe/open-double.ts';
import { openStripeShop, type StripeShop } from '../support/stripe/open-shop.ts';
import { ask, post, until } from './client.ts';

const sampleId = '01900000-0000-7000-8000-000000000175';

const intentOf = async ({ double }: StripeShop, orderId: string): Promise<Stripe.PaymentIntent> => {
  const find = async () =>
    (await double.ledger()).intents.find(({ metadata }) => metadata['orderchart_order'] === orderId);
  const found = await until(find, (intent) => intent !== undefined);
  if (found === undefined) throw new Error('there is no intent');
  return found;
};
const eventOf = async ({ double }: StripeShop, orderId: string, type: string): Promise<Stripe.Event> => {
  const find = async () =>
    (await double.ledger()).events.find(
      (event) => event.type === type && JSON.stringify(event.data).includes(orderId),
    );
  const found = await until(find, (event) => event !== undefined);
  if (found === undefined) throw new Error('there is no event');
  return found;
};
const factsOf = async (shop: StripeShop, orderId: string) =>
  (await shop.received(orderId)).filter(({ id }) => id.startsWith('evt_'));

describe('an order', () => {
  it('is completed by one payment intent of its amount and one mail, and the secret key is in no log', async () => {
    const mail = await startMailServer();
    onTestFinished(mail.close);
    const shop = await openStripeShop({ SMTP_URL: `smtp://127.0.0.1:${mail.port}` });
    await shop.untilState(sampleId, 'completed');
    await until(
      () => shop.read(sampleId),
      ({ settled }) => settled === true,
    );
    expect(mail.received).toMatchObject([{ to: ['customer-123@example.com'] }]);
    const { intents } = await shop.double.ledger();
    expect(intents).toMatchObject([
      { amount: 17_500, amount_received: 17_500, currency: 'usd', status: 'succeeded' },
    ]);
    await pause(200);
    expect(shop.server.output()).not.toContain(secretKey);
    expect(shop.server.output()).not.toContain('whsec_');
  });

  it('that the bank declines says so in words, with the bank’s code', async () => {
    const shop = await openStripeShop({
      STRIPE_TEST_PAYMENT_METHOD: 'pm_card_chargeDeclinedInsufficientFunds',
    });
    await shop.untilState(sampleId, 'failed');
    const { body } = await ask(`${shop.server.url}/orders/${sampleId}/explain`);
    expect(body.summary).toContain('(insufficient_funds: the card has not enough money)');
  });

  it('that is captured later is authorised first, and captured on request', async () => {
    const shop = await openStripeShop(
      { PAYMENT_CAPTURE: 'later', AUTHORIZATION_TTL_MS: '600000' },
      'none',
      false,
    );
    await until(
      () => intentOf(shop, sampleId),
      ({ status }) => status === 'requires_capture',
    );
    await until(
      () => post(`${shop.server.url}/orders/${sampleId}/capture`, {}),
      ({ status }) => status === 200,
    );
    await shop.untilState(sampleId, 'completed');
    expect(await intentOf(shop, sampleId)).toMatchObject({ status: 'succeeded', amount_received: 17_500 });
  });

  it('that is refunded in parts has as many refunds at Stripe', async () => {
    const shop = await openStripeShop();
    await shop.untilState(sampleId, 'completed');
    for (const amount of [5000, 2500]) {
      const path = `${shop.server.url}/orders/${sampleId}/refunds`;
      const answer = await post(path, { amount }, crypto.randomUUID());
      expect(answer.status).toBe(201);
      await until(
        async () => (await shop.double.ledger()).refunds,
        (refunds) => refunds.some((refund) => refund.amount === amount),
      );
      await until(
        () => shop.read(sampleId),
        (order) => order['refundedAmount'] === (amount === 5000 ? 5000 : 7500),
      );
    }
  });
});

describe('a fact that Stripe reports', () => {
  it('before the API has answered completes the order, and the answer changes nothing', async () => {
    const shop = await openStripeShop({ CALL_TIMEOUT_MS: '5000' }, { earlyRate: 1 });
    await shop.double.setFaults([{ on: ['confirm'], fault: { kind: 'slow', ms: 1500 } }]);
    const orderId = await shop.place();
    const startedAt = Date.now();
    await shop.untilState(orderId, 'completed');
    expect(Date.now() - startedAt).toBeLessThan(1400);
    const replies = await until(
      () => shop.received(orderId),
      (all) => all.filter(({ type }) => type === 'gateway.charged').length === 2,
    );
    expect(
      replies.filter(({ type }) => type === 'gateway.charged').map(({ disposition }) => disposition),
    ).toEqual(['applied', 'ignored']);
  });

  it('twice is recorded once', async () => {
    const shop = await openStripeShop({}, { twiceRate: 1 });
    const orderId = await shop.place();
    await shop.untilState(orderId, 'completed');
    await until(
      () => shop.double.pending(),
      (pending) => pending === 0,
    );
    const { id } = await eventOf(shop, orderId, 'payment_intent.succeeded');
    await shop.double.send(id);
    expect((await factsOf(shop, orderId)).filter((fact) => fact.id === id)).toHaveLength(1);
    expect(await shop.read(orderId)).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('out of order changes nothing of what is known', async () => {
    const shop = await openStripeShop({ PAYMENT_CAPTURE: 'later' }, 'none', false);
    const { id } = await until(
      () => intentOf(shop, sampleId),
      ({ status }) => status === 'requires_capture',
    );
    await until(
      () => post(`${shop.server.url}/orders/${sampleId}/capture`, {}),
      ({ status }) => status === 200,
    );
    await shop.untilState(sampleId, 'completed');
    for (const type of ['payment_intent.succeeded', 'payment_intent.amount_capturable_updated']) {
      expect(await shop.report(await eventOf(shop, sampleId, type))).toMatchObject({ status: 204 });
    }
    expect((await factsOf(shop, sampleId)).map(({ disposition }) => disposition)).toEqual([
      'ignored',
      'ignored',
    ]);
    expect(await shop.read(sampleId)).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect((await shop.double.ledger()).refunds).toEqual([]);
    expect(await intentOf(shop, sampleId)).toMatchObject({ id, amount_received: 17_500 });
  });

  it('for a cancelled order gives the money back', async () => {
    const shop = await openStripeShop({}, 'none');
    await shop.double.setFaults([{ on: ['confirm'], fault: { kind: 'reset', effect: false } }]);
    const orderId = await shop.place();
    const { id } = await intentOf(shop, orderId);
    await until(
      () => post(`${shop.server.url}/orders/${orderId}/cancel`, {}),
      ({ status }) => status === 200,
    );
    await shop.untilState(orderId, 'cancelled');
    await shop.double.setFaults([]);
    // The confirmation arrives at last.
    await fetch(`${shop.double.url}/v1/payment_intents/${id}/confirm`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}`, 'idempotency-key': 'late' },
      body: 'payment_method=pm_card_visa',
    });
    expect(await shop.report(await eventOf(shop, orderId, 'payment_intent.succeeded'))).toMatchObject({
      status: 204,
    });
    const refunds = await until(
      async () => (await shop.double.ledger()).refunds,
      ({ length }) => length > 0,
    );
    expect(refunds).toMatchObject([{ payment_intent: id, amount: 17_500 }]);
    await until(
      () => shop.read(orderId),
      (order) => order['refundedAmount'] === 17_500,
    );
  });

  it('for an order that is not here is answered with 2xx, logged and counted, and is one incident of the gateway', async () => {
    const shop = await openStripeShop({}, 'none');
    const event = await eventOf(shop, sampleId, 'payment_intent.succeeded');
    const unknown = JSON.parse(
      JSON.stringify(event).replaceAll(sampleId, '01900000-0000-7000-8000-000000000176'),
    );
    expect(await shop.report(unknown)).toMatchObject({ status: 204 });
    await shop.server.untilPrinted(/"orderId":"01900000-0000-7000-8000-000000000176".*not in this store/);
    expect(await shop.metric('orderchart_stripe_events_total{outcome="unknown-order"} 1')).toBe(true);
    // Stripe may send it twice.
    expect(await shop.report(unknown)).toMatchObject({ status: 204 });
    const { body } = await ask(`${shop.server.url}/services/incidents`);
    expect(body.incidents).toMatchObject([
      {
        ...{ subject: { type: 'service', name: 'gateway' }, reason: 'unknown-order', closedAt: null },
        details: { orderId: '01900000-0000-7000-8000-000000000176', eventId: event.id },
      },
    ]);
  });

  it('with a forged order id is ignored by that order, whose money is its own', async () => {
    const shop = await openStripeShop({}, 'none');
    const orderId = await shop.place();
    await shop.untilState(orderId, 'completed');
    const event = await eventOf(shop, sampleId, 'payment_intent.succeeded');
    const { metadata } = z.looseObject({ metadata: z.object({}).loose() }).parse(event.data.object);
    const object = { ...event.data.object, metadata: { ...metadata, orderchart_order: orderId } };
    expect(await shop.report({ ...event, data: { object } })).toMatchObject({ status: 204 });
    const forged = (await shop.received(orderId)).filter(({ id }) => id === event.id);
    expect(forged).toMatchObject([{ disposition: 'ignored' }]);
    expect(await shop.read(orderId)).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect((await shop.double.ledger()).refunds).toEqual([]);
  });

  it('about an object of others on the account is left alone', async () => {
    const shop = await openStripeShop({}, 'none');
    const event = await eventOf(shop, sampleId, 'payment_intent.succeeded');
    const theirs = { ...event, data: { object: { ...event.data.object, metadata: { order_id: sampleId } } } };
    expect(await shop.report(theirs)).toMatchObject({ status: 204 });
    expect(await factsOf(shop, sampleId)).toEqual([]);
    expect(await shop.metric('orderchart_stripe_events_total{outcome="not-ours"} 1')).toBe(true);
  });

  it('is refused with a wrong signature, an old one, of another mode or account, and nothing is stored', async () => {
    const shop = await openStripeShop({}, 'none');
    const event = await eventOf(shop, sampleId, 'payment_intent.succeeded');
    const address = `${shop.server.url}/webhooks/stripe`;
    const headers = { 'content-type': 'application/json' };
    const unsigned = await ask(address, { method: 'POST', headers, body: JSON.stringify(event) });
    expect([unsigned.status, unsigned.body.type]).toEqual([403, '/problems/signature-invalid']);
    expect(await shop.report(event, { secret: 'whsec_other' })).toMatchObject({ status: 403 });
    expect(await shop.report(event, { agoMs: 301_000 })).toMatchObject({ status: 403 });
    expect(await shop.report({ ...event, livemode: true })).toMatchObject({ status: 400 });
    expect(await shop.report({ ...event, account: 'acct_other' })).toMatchObject({ status: 400 });
    expect(await factsOf(shop, sampleId)).toEqual([]);
    // The old secret is still good while it is changed, and so is the new one.
    expect(await shop.report(event, { secret: 'whsec_before', agoMs: 299_000 })).toMatchObject({
      status: 204,
    });
    expect(await factsOf(shop, sampleId)).toHaveLength(1);
  });
});
