// The gateway over Stripe where customers, banks and payment methods come in: what orders are paid with, 3-D Secure, authorisations
// that end by themselves, and captures in part (src/services/gateway-stripe.ts).
import { describe, expect, it } from 'vitest';
import { cancel, capture, charge, lookUp, openClient, openGateway, transactionOf } from './stripe-gateway.ts';

const money = { amount: 17_500, currency: 'USD' };
const challenged = 'pm_card_threeDSecure2Required';
const weekMs = 604_800_000;

describe('a payment method', () => {
  it('of the order is what the charge is confirmed with, and not the one for tests', async () => {
    const { double, send } = await openGateway({ paymentMethod: 'pm_card_chargeDeclined' });
    expect(await send(charge({ paymentMethod: 'pm_card_visa' }))).toMatchObject({ type: 'gateway.charged' });
    expect((await double.ledger()).intents).toMatchObject([{ payment_method: 'pm_card_visa' }]);
  });

  it('that is missing, or is no token, refuses the charge, and nothing is created', async () => {
    const { double, send } = await openGateway({ paymentMethod: '' });
    const refused = (code: string) => ({ type: 'gateway.refused', code });
    expect(await send(charge())).toEqual(refused('payment-method-missing'));
    const number = charge({ paymentMethod: '4242424242424242' });
    expect(await send(number)).toEqual(refused('payment-method-invalid'));
    expect((await double.ledger()).intents).toEqual([]);
  });
});

describe('a charge that the customer has to confirm', () => {
  it('says so, also when it is made again or looked up, until it is confirmed', async () => {
    const { double, send } = await openGateway({ paymentMethod: challenged });
    const reply = await send(charge());
    const transactionId = transactionOf(reply);
    expect(reply).toEqual({ type: 'gateway.action-required', transactionId });
    expect(await send(charge({ attempt: 2 }))).toEqual(reply);
    expect(await openClient(double.url).send(lookUp)).toEqual(reply);
    await double.authenticate(transactionId, 'confirmed');
    expect(await send(lookUp)).toEqual({ type: 'gateway.charged', transactionId, ...money });
    expect((await double.ledger()).intents).toHaveLength(1);
  });

  it('is declined if the authentication fails', async () => {
    const { double, send } = await openGateway({ paymentMethod: challenged });
    await double.authenticate(transactionOf(await send(charge())), 'failed');
    expect(await send(lookUp)).toEqual({
      type: 'gateway.declined',
      code: 'payment_intent_authentication_failure',
    });
  });

  it('is voided while it waits, and cannot be confirmed any more', async () => {
    const { double, send } = await openGateway({ paymentMethod: challenged });
    const transactionId = transactionOf(await send(charge()));
    expect(await send(cancel(transactionId))).toEqual({ type: 'gateway.voided' });
    expect((await double.ledger()).intents).toMatchObject([{ status: 'canceled' }]);
  });

  it('gives its client secret for the order that it belongs to, and only while it waits', async () => {
    const { double, send, paymentAction } = await openGateway({ paymentMethod: challenged });
    const transactionId = transactionOf(await send(charge()));
    const ours = { orderId: 'order-1', provider: 'stripe', transactionId };
    const action = { provider: 'stripe', clientSecret: expect.stringMatching(/^pi_.+_secret_/) };
    expect(await paymentAction?.(ours)).toEqual(action);
    expect(await paymentAction?.({ ...ours, orderId: 'order-2' })).toBeUndefined();
    await double.setFaults([{ on: ['retrieve'], times: 1, fault: { kind: 'reset', effect: false } }]);
    await expect(paymentAction?.(ours)).rejects.toMatchObject({ code: 'provider-unavailable' });
    await double.authenticate(transactionId, 'confirmed');
    expect(await paymentAction?.(ours)).toBeUndefined();
  });
});

describe('an authorisation', () => {
  it('says how long the bank keeps the money, also when it is looked up by key or by time', async () => {
    const { double, send } = await openGateway();
    const first = await send(charge({ capture: 'later' }));
    for (const reply of [first, await send(lookUp), await openClient(double.url).send(lookUp)]) {
      expect(reply).toMatchObject({ type: 'gateway.authorized', expiresInMs: expect.any(Number) });
      const left = 'expiresInMs' in reply ? (reply.expiresInMs ?? 0) : 0;
      expect(left).toBeGreaterThan(weekMs - 60_000);
      expect(left).toBeLessThanOrEqual(weekMs);
    }
  });

  it('is captured in part, once, and the rest is let go', async () => {
    const { double, send } = await openGateway();
    const transactionId = transactionOf(await send(charge({ capture: 'later' })));
    const part = { ...capture(transactionId), amount: 5000 };
    expect(await send(part)).toEqual({ type: 'gateway.captured' });
    expect(await send({ ...part, attempt: 2 })).toEqual({ type: 'gateway.captured' });
    expect(await send(lookUp)).toMatchObject({ type: 'gateway.charged', amount: 5000 });
    const rest = { ...part, key: 'order-1/capture/2', amount: 12_500 };
    expect(await send(rest)).toEqual({ type: 'gateway.refused', code: 'already-captured' });
    expect((await double.ledger()).intents).toMatchObject([
      { status: 'succeeded', amount_received: 5000, amount_capturable: 0 },
    ]);
    expect(await send(cancel(transactionId))).toEqual({ type: 'gateway.refused', code: 'already-captured' });
  });

  it('is not captured beyond its amount, and stays as it is', async () => {
    const { double, send } = await openGateway();
    const transactionId = transactionOf(await send(charge({ capture: 'later' })));
    const more = { ...capture(transactionId), amount: 17_501 };
    expect(await send(more)).toEqual({ type: 'gateway.refused', code: 'amount_too_large' });
    expect((await double.ledger()).intents).toMatchObject([{ status: 'requires_capture' }]);
  });
});
