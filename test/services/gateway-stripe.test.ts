// The gateway over Stripe does with money what it was told, whatever becomes of its requests (src/services/gateway-stripe.ts).
import { describe, expect, it } from 'vitest';
import {
  cancel,
  capture,
  charge,
  chargeKey,
  lookUp,
  openClient,
  openGateway,
  refund,
  transactionOf,
} from './stripe-gateway.ts';

const money = { amount: 17_500, currency: 'USD' };
const dayMs = 86_400_000;

describe('a charge', () => {
  it('is one payment intent that names the order and the key, created unconfirmed and confirmed under a key of its own', async () => {
    const { double, send } = await openGateway();
    const reply = await send(charge());
    expect(reply).toEqual({
      type: 'gateway.charged',
      transactionId: expect.stringMatching(/^pi_/),
      ...money,
    });
    const { intents, events } = await double.ledger();
    expect(intents).toMatchObject([
      {
        id: transactionOf(reply),
        status: 'succeeded',
        ...{ amount: 17_500, amount_received: 17_500, currency: 'usd' },
        metadata: { orderchart_order: 'order-1', orderchart_key: chargeKey },
      },
    ]);
    expect(events.map(({ type, request }) => [type, request?.idempotency_key])).toEqual([
      ['payment_intent.created', `${chargeKey}/create`],
      ['payment_intent.succeeded', `${chargeKey}/confirm/1`],
    ]);
  });

  it('that is made again is the same charge, in the same process and in the next one', async () => {
    const { double, send } = await openGateway();
    const first = await send(charge());
    expect(await send(charge())).toEqual(first);
    expect(await send(charge({ attempt: 2 }))).toEqual(first);
    expect(await openClient(double.url).send(charge({ attempt: 3 }))).toEqual(first);
    expect((await double.ledger()).intents).toHaveLength(1);
  });

  it('that the bank declines keeps the bank’s code, also when it is looked up', async () => {
    const { send } = await openGateway({ paymentMethod: 'pm_card_chargeDeclinedInsufficientFunds' });
    const declined = { type: 'gateway.declined', code: 'insufficient_funds' };
    expect(await send(charge())).toEqual(declined);
    expect(await send(lookUp)).toEqual(declined);
  });

  it('that is captured later only authorises, until the capture', async () => {
    const { double, send } = await openGateway();
    const reply = await send(charge({ capture: 'later' }));
    expect(reply).toMatchObject({ type: 'gateway.authorized', ...money });
    expect(await send(capture(transactionOf(reply)))).toEqual({ type: 'gateway.captured' });
    expect(await send(lookUp)).toMatchObject({ type: 'gateway.charged', ...money });
    expect((await double.ledger()).intents).toMatchObject([{ status: 'succeeded', amount_received: 17_500 }]);
  });

  it('of an amount that Stripe cannot take exactly is refused, and nothing is created', async () => {
    const { double, send } = await openGateway();
    expect(await send(charge({ amount: 5124, currency: 'KWD' }))).toEqual({
      type: 'gateway.refused',
      code: 'amount-not-representable',
    });
    expect((await double.ledger()).intents).toEqual([]);
  });
});

describe('a void', () => {
  it('cancels the authorisation once, however often it is asked for', async () => {
    const { double, send } = await openGateway();
    const transactionId = transactionOf(await send(charge({ capture: 'later' })));
    expect(await send(cancel(transactionId))).toEqual({ type: 'gateway.voided' });
    await double.forgetKeys();
    expect(await send(cancel(transactionId, 2))).toEqual({ type: 'gateway.voided' });
    expect((await double.ledger()).intents).toMatchObject([{ status: 'canceled' }]);
  });

  it('of captured money is refused, and a capture of voided money too', async () => {
    const { send } = await openGateway();
    const taken = transactionOf(await send(charge()));
    expect(await send(cancel(taken))).toEqual({ type: 'gateway.refused', code: 'already-captured' });
    const later = charge({ key: 'order-1/charge/2', capture: 'later' });
    const authorized = transactionOf(await send(later));
    await send({ ...cancel(authorized), key: 'order-1/void/2' });
    const late = await send({ ...capture(authorized), key: 'order-1/capture/2' });
    expect(late).toEqual({ type: 'gateway.refused', code: 'payment_intent_unexpected_state' });
  });

  it.each(['capture', 'cancel'] as const)(
    'or a capture whose answer is a stored 500 is read, and asked for under a new key if it was not done (%s)',
    async (on) => {
      const { double, send } = await openGateway();
      const transactionId = transactionOf(await send(charge({ capture: 'later' })));
      const [ask, done] =
        on === 'capture' ? ([capture, 'gateway.captured'] as const) : ([cancel, 'gateway.voided'] as const);
      await double.setFaults([{ on: [on], times: 1, fault: { kind: 'error', effect: false } }]);
      expect(await send(ask(transactionId))).toMatchObject({ type: 'gateway.unknown' });
      expect(await send(ask(transactionId, 2))).toEqual({ type: done });
      expect(await send(ask(transactionId, 3))).toEqual({ type: done });
    },
  );
});

describe('a refund', () => {
  it('gives back in parts, once for each key, and never more than was taken', async () => {
    const { double, send } = await openGateway();
    const taken = transactionOf(await send(charge()));
    const first = await send(refund(taken, { amount: 5000 }));
    expect(first).toEqual({
      type: 'gateway.refunded',
      refundTransactionId: expect.stringMatching(/^re_/),
    });
    expect(await send(refund(taken, { amount: 5000, attempt: 2 }))).toEqual(first);
    const other = { key: 'order-1/refund/b' };
    expect(await send(refund(taken, { ...other, amount: 12_501 }))).toMatchObject({
      type: 'gateway.refused',
    });
    const rest = { key: 'order-1/refund/rest', amount: 12_500 };
    expect(await send(refund(taken, rest))).toMatchObject({ type: 'gateway.refunded' });
    const { refunds } = await double.ledger();
    expect(refunds.map(({ amount, metadata }) => [amount, metadata?.['orderchart_key']])).toEqual([
      [5000, 'order-1/refund/a'],
      [12_500, 'order-1/refund/rest'],
    ]);
  });

  it.each(['error', 'reset'] as const)(
    'that was made without its answer (%s) is found by its key, and not made again after Stripe has forgotten it',
    async (kind) => {
      const { double, send } = await openGateway();
      const taken = transactionOf(await send(charge()));
      await double.setFaults([{ on: ['refund'], times: 1, fault: { kind, effect: true } }]);
      await send(refund(taken, { amount: 5000 }));
      expect(await send(refund(taken, { amount: 5000, attempt: 2 }))).toMatchObject({
        type: 'gateway.refunded',
      });
      expect((await double.ledger()).refunds).toHaveLength(1);
    },
  );

  it('whose stored answer is a 500 is asked for anew only where money could not be given back twice', async () => {
    const { double, send } = await openGateway();
    const taken = transactionOf(await send(charge()));
    await double.setFaults([{ on: ['refund'], times: 2, fault: { kind: 'error', effect: false } }]);
    const part = refund(taken, { amount: 5000 });
    const all = refund(taken, { key: 'order-1/refund/rest', amount: 17_500 });
    for (const command of [part, all]) {
      expect(await send(command)).toMatchObject({ type: 'gateway.unknown' });
    }
    expect(await send({ ...part, attempt: 2 })).toMatchObject({ type: 'gateway.unknown' });
    expect((await double.ledger()).refunds).toEqual([]);
    expect(await send({ ...all, attempt: 2 })).toMatchObject({ type: 'gateway.refunded' });
    expect((await double.ledger()).refunds).toMatchObject([{ amount: 17_500 }]);
  });

  it('of money that was taken for another order is refused', async () => {
    const { double, send } = await openGateway();
    const answer = await fetch(`${double.url}/v1/payment_intents`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_double', 'idempotency-key': 'theirs' },
      body: 'amount=17500&currency=usd',
    });
    const { id } = JSON.parse(await answer.text());
    expect(await send(refund(id))).toEqual({ type: 'gateway.refused', code: 'no-such-transaction' });
  });
});

describe('a look-up', () => {
  it('finds nothing where nothing was confirmed, and confirms nothing', async () => {
    const { double, send } = await openGateway();
    expect(await send(lookUp)).toEqual({ type: 'gateway.absent' });
    await double.setFaults([{ on: ['confirm'], times: 1, fault: { kind: 'reset', effect: false } }]);
    await send(charge());
    expect(await send(lookUp)).toEqual({ type: 'gateway.absent' });
    expect((await double.ledger()).intents).toMatchObject([{ status: 'requires_payment_method' }]);
  });

  it.each(['error', 'reset', 'silent'] as const)(
    'finds a charge that was made without its answer (%s), in the same process and in the next one',
    async (kind) => {
      const { double, send } = await openGateway({ timeoutMs: 300 });
      await double.setFaults([{ on: ['confirm'], times: 1, fault: { kind, effect: true } }]);
      expect(await send(charge())).toMatchObject({ type: 'gateway.unknown' });
      expect(await send(lookUp)).toMatchObject({ type: 'gateway.charged', ...money });
      expect(await openClient(double.url).send(lookUp)).toMatchObject({ type: 'gateway.charged', ...money });
      const { intents } = await double.ledger();
      expect(intents).toHaveLength(1);
    },
  );

  it('lists by time and metadata after a day, when Stripe has forgotten the key, and creates nothing', async () => {
    const { double, send } = await openGateway();
    await send(charge());
    await double.forgetKeys();
    const yesterday = Date.now() - dayMs;
    expect(await send(lookUp, yesterday)).toMatchObject({ type: 'gateway.charged', ...money });
    const other = { ...lookUp, key: 'order-1/charge/9' };
    expect(await send(other, yesterday)).toEqual({ type: 'gateway.absent' });
    expect((await double.ledger()).intents).toHaveLength(1);
  });
});

describe('a creation that Stripe answers with a stored 500', () => {
  it('is found by its metadata if it was made after all', async () => {
    const { double, send } = await openGateway();
    await double.setFaults([{ on: ['create'], times: 1, fault: { kind: 'error', effect: true } }]);
    expect(await send(charge())).toMatchObject({ type: 'gateway.charged', ...money });
    expect((await double.ledger()).intents).toHaveLength(1);
  });

  it('is made under another key at the next attempt if it was not', async () => {
    const { double, send } = await openGateway();
    await double.setFaults([{ on: ['create'], times: 1, fault: { kind: 'error', effect: false } }]);
    expect(await send(charge())).toEqual({ type: 'gateway.failed', reason: 'not-created' });
    expect(await send(lookUp)).toEqual({ type: 'gateway.absent' });
    expect(await send(charge({ attempt: 2 }))).toMatchObject({ type: 'gateway.charged', ...money });
    expect(await openClient(double.url).send(lookUp)).toMatchObject({ type: 'gateway.charged' });
    expect((await double.ledger()).intents).toHaveLength(1);
  });
});
