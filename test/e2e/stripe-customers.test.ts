// A real service whose customers confirm payments at the bank (3-D Secure), and dispute them: what the order shows, and what
// becomes of it when the provider's webhooks come, come in another order, or do not come.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { openStripeShop, type StripeShop } from '../support/stripe/open-shop.ts';
import { ask, until } from './client.ts';

const challenged = { STRIPE_TEST_PAYMENT_METHOD: 'pm_card_threeDSecure2Required' };

const intentOf = async ({ double }: StripeShop, orderId: string, status: string) => {
  const find = async () =>
    (await double.ledger()).intents.find(({ metadata }) => metadata['orderchart_order'] === orderId);
  const found = await until(find, (intent) => intent?.status === status);
  if (found === undefined) throw new Error('there is no intent');
  return found;
};
const eventOf = async ({ double }: StripeShop, type: string): Promise<Stripe.Event> => {
  const find = async () => (await double.ledger()).events.find((event) => event.type === type);
  const found = await until(find, (event) => event !== undefined);
  if (found === undefined) throw new Error('there is no event');
  return found;
};
const untilPayment = (shop: StripeShop, orderId: string, state: string) =>
  until(
    () => shop.read(orderId),
    (order) => JSON.stringify(order['actors']).includes(`"state":"${state}`),
  );
const actionOf = ({ server }: StripeShop, orderId: string) =>
  fetch(`${server.url}/orders/${orderId}/payment-action`);
const eventsOf = async ({ server }: StripeShop, orderId: string): Promise<string> =>
  JSON.stringify((await ask(`${server.url}/orders/${orderId}/events`)).body);
/** All that the service has written: its log, its database with what is not folded in yet, its mails. */
const writtenBy = ({ server, folder }: StripeShop): string =>
  server.output() +
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !file.name.startsWith('stripe'))
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    .join('\n');

describe('a payment that the customer confirms', () => {
  it('completes the order by webhook, and its client secret is fetched and never kept', async () => {
    const shop = await openStripeShop({ ...challenged, LOG_LEVEL: 'trace' }, {}, false);
    const orderId = await shop.place();
    const { id } = await intentOf(shop, orderId, 'requires_action');
    await untilPayment(shop, orderId, 'awaitingCustomer');
    const answer = await actionOf(shop, orderId);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await answer.json()).toEqual({ provider: 'stripe', clientSecret: `${id}_secret_double` });
    await shop.double.authenticate(id, 'confirmed');
    await shop.untilState(orderId, 'completed');
    expect((await actionOf(shop, orderId)).status).toBe(409);
    const facts = (await shop.received(orderId)).filter((fact) => fact.id.startsWith('evt_'));
    expect(facts.map(({ type }) => type)).toContain('gateway.charged');
    expect(writtenBy(shop)).toContain(orderId);
    // What is packed in the database is read as it is shown.
    const shown = await Promise.all([shop.read(orderId), shop.received(orderId), eventsOf(shop, orderId)]);
    expect(JSON.stringify(shown)).not.toContain('_secret_double');
    expect(writtenBy(shop)).not.toContain('_secret_double');
    await shop.server.stop();
    expect(writtenBy(shop)).not.toContain('_secret_double');
  });

  it('completes the order also if the webhook is lost', async () => {
    const shop = await openStripeShop(challenged, 'none', false);
    const orderId = await shop.place();
    const { id } = await intentOf(shop, orderId, 'requires_action');
    await untilPayment(shop, orderId, 'awaitingCustomer');
    await shop.double.authenticate(id, 'confirmed');
    await shop.untilState(orderId, 'completed');
  });

  it('fails the order if the authentication fails', async () => {
    const shop = await openStripeShop(challenged, {}, false);
    const orderId = await shop.place();
    const { id } = await intentOf(shop, orderId, 'requires_action');
    await shop.double.authenticate(id, 'failed');
    const order = await shop.untilState(orderId, 'failed');
    expect(order).toMatchObject({ failure: { kind: 'payment-declined' }, paidAmount: 0 });
  });

  it('that never comes fails the order at its deadline, and is voided at the provider', async () => {
    const shop = await openStripeShop({ ...challenged, ACTION_WITHIN_MS: '500' }, {}, false);
    const orderId = await shop.place();
    const order = await shop.untilState(orderId, 'failed');
    expect(order).toMatchObject({ failure: { kind: 'payment-not-confirmed' }, paidAmount: 0 });
    await intentOf(shop, orderId, 'canceled');
  });

  it('can be asked for again while the provider cannot be reached', async () => {
    const shop = await openStripeShop(challenged, {}, false);
    const orderId = await shop.place();
    await untilPayment(shop, orderId, 'awaitingCustomer');
    await shop.double.setFaults([{ on: ['retrieve'], fault: { kind: 'reset', effect: false } }]);
    const answer = await actionOf(shop, orderId);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });
});

describe('an authorisation', () => {
  it('has the bank’s own expiry as its deadline, if that is sooner', async () => {
    const settings = { PAYMENT_CAPTURE: 'later', AUTHORIZATION_TTL_MS: String(30 * 86_400_000) };
    const shop = await openStripeShop(settings, {}, false);
    const orderId = await shop.place();
    await untilPayment(shop, orderId, 'authorized');
    const { deadlines } = await shop.read(orderId);
    const [due = ''] =
      /"authorizationExpiry","dueAt":"([^"]+)"/.exec(JSON.stringify(deadlines))?.slice(1) ?? [];
    const days = (Date.parse(due) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
  });
});

describe('a dispute', () => {
  const openDisputed = async (webhooks: 'none' | object) => {
    const shop = await openStripeShop({}, webhooks, false);
    const orderId = await shop.place();
    await shop.untilState(orderId, 'completed');
    const { id } = await intentOf(shop, orderId, 'succeeded');
    return { shop, orderId, disputeId: await shop.double.dispute(id) };
  };

  it.each(['won', 'lost'] as const)(
    'is recorded with the order when it opens, and when it is %s',
    async (end) => {
      const { shop, orderId, disputeId } = await openDisputed({});
      await until(
        () => eventsOf(shop, orderId),
        (events) => events.includes('payment.dispute-opened'),
      );
      expect(await eventsOf(shop, orderId)).toMatch(
        new RegExp(
          `"disputeId":"${disputeId}","amount":17500,"currency":"USD","reason":"fraudulent","evidenceDueAt":"20`,
        ),
      );
      await shop.double.closeDispute(disputeId, end);
      await until(
        () => eventsOf(shop, orderId),
        (events) => events.includes(`payment.dispute-${end}`),
      );
    },
  );

  it('whose end is reported first stays ended', async () => {
    const { shop, orderId, disputeId } = await openDisputed('none');
    await shop.double.closeDispute(disputeId, 'lost');
    for (const type of ['charge.dispute.closed', 'charge.dispute.created']) {
      expect(await shop.report(await eventOf(shop, type))).toMatchObject({ status: 204 });
    }
    const order = await shop.read(orderId);
    expect(order['incidents']).toEqual([]);
    expect(await eventsOf(shop, orderId)).toContain('payment.dispute-lost');
  });

  it('is sent again while the provider does not say what it is about', async () => {
    const { shop, orderId } = await openDisputed('none');
    const event = await eventOf(shop, 'charge.dispute.created');
    await shop.double.setFaults([{ on: ['retrieve'], times: 1, fault: { kind: 'reset', effect: false } }]);
    expect(await shop.report(event)).toMatchObject({ status: 503 });
    expect(await shop.report(event)).toMatchObject({ status: 204 });
    expect(await eventsOf(shop, orderId)).toContain('payment.dispute-opened');
  });
});
