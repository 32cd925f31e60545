// What the simulated gateway does with money (src/services/gateway-simulated.ts).
import { describe, expect, it } from 'vitest';
import { describeService, toCall } from '../contracts/service.ts';
import {
  authorize,
  cancel,
  capture,
  charge,
  chargeKey,
  lookUp,
  openGateway,
  refund,
  transactionId,
} from './simulated-gateway.ts';

const money = { amount: 17500, currency: 'USD' };
const refused = (code: string) => ({ type: 'gateway.refused', code });

describeService('the simulated gateway', async () => {
  const { gateway, ask, lines } = await openGateway();
  const { gateway: stuck } = await openGateway({ delayMs: 1 });
  return {
    name: 'gateway',
    calls: [charge(), lookUp(), refund({ amount: 500 })].map((command) => toCall('gateway', command)),
    ask,
    effects: async () => (await lines()).length,
    outside: { prompt: gateway, stuck },
  };
});

describeService('the simulated gateway that captures later', async () => {
  const { gateway, ask, lines } = await openGateway();
  const { gateway: stuck } = await openGateway({ timeoutRate: 1, delayMs: 1 });
  return {
    name: 'gateway',
    calls: [authorize, capture(), lookUp()].map((command) => toCall('gateway', command)),
    ask,
    effects: async () => (await lines()).length,
    outside: { prompt: gateway, stuck },
  };
});

describe('a charge', () => {
  it('takes the money at once, in a transaction that only its key decides', async () => {
    const { send } = await openGateway();
    const reply = { type: 'gateway.charged', key: chargeKey, attempt: 1, transactionId, ...money };
    expect(await send(charge())).toEqual(reply);
  });

  it('that is captured later only authorises, until the capture', async () => {
    const { send } = await openGateway();
    expect(await send(authorize)).toMatchObject({ type: 'gateway.authorized', transactionId, ...money });
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.authorized', transactionId, ...money });
    expect(await send(capture())).toMatchObject({ type: 'gateway.captured' });
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.charged', transactionId, ...money });
  });

  it('captured in part looks up as what was captured', async () => {
    const { send } = await openGateway();
    await send(authorize);
    await send(capture({ amount: 10_000 }));
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.charged', amount: 10_000 });
  });

  it('with the key of another one is refused and takes nothing', async () => {
    const { send, lines } = await openGateway();
    await send(charge());
    expect(await send(charge({ amount: 17501 }))).toMatchObject(refused('key-reused'));
    expect(await send(charge({ currency: 'EUR' }))).toMatchObject(refused('key-reused'));
    expect(await send(authorize)).toMatchObject(refused('key-reused'));
    expect(await send(charge(), 'order-2')).toMatchObject(refused('key-reused'));
    expect(await send(refund({ key: chargeKey }))).toMatchObject(refused('key-reused'));
    expect(await lines()).toHaveLength(1);
  });
});

describe('a look-up', () => {
  it('of an unknown key finds nothing and does nothing', async () => {
    const { send, lines } = await openGateway();
    expect(await send(lookUp())).toEqual({ type: 'gateway.absent', key: chargeKey, attempt: 9 });
    expect(await lines()).toEqual([]);
  });

  it('finds what the key of any operation did', async () => {
    const { send } = await openGateway();
    await send(authorize);
    const captured = await send(capture());
    const refunded = await send(refund());
    expect(await send(lookUp(capture().key))).toEqual({ ...captured, attempt: 9 });
    expect(await send(lookUp(refund().key))).toEqual({ ...refunded, attempt: 9 });
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.charged', ...money });
  });

  it('finds a declined charge declined and a voided one voided', async () => {
    const declining = await openGateway({ declineRate: 1 });
    await declining.send(charge());
    expect(await declining.send(lookUp())).toMatchObject({ type: 'gateway.declined', code: 'card-declined' });
    const { send } = await openGateway();
    await send(authorize);
    await send(cancel());
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.voided' });
  });
});

describe('authorised money', () => {
  it('is captured once, and never above what was authorised', async () => {
    const { send, lines } = await openGateway();
    await send(authorize);
    expect(await send(capture({ amount: 17501 }))).toMatchObject(refused('amount-too-large'));
    expect(await send(capture({ currency: 'EUR' }))).toMatchObject(refused('currency-mismatch'));
    await send(capture());
    expect(await send(capture({ key: 'again' }))).toMatchObject(refused('already-captured'));
    expect(await lines()).toHaveLength(2);
  });

  it('that was voided cannot be captured, voided again or refunded', async () => {
    const { send, lines } = await openGateway();
    await send(authorize);
    expect(await send(cancel())).toMatchObject({ type: 'gateway.voided' });
    expect(await send(capture())).toMatchObject(refused('already-voided'));
    expect(await send(cancel({ key: 'again' }))).toMatchObject(refused('already-voided'));
    expect(await send(refund())).toMatchObject(refused('amount-too-large'));
    expect(await lines()).toHaveLength(2);
  });

  it('cannot be refunded before its capture', async () => {
    const { send } = await openGateway();
    await send(authorize);
    expect(await send(refund())).toMatchObject(refused('amount-too-large'));
  });

  it('that was taken cannot be voided any more', async () => {
    const { send } = await openGateway();
    await send(charge());
    expect(await send(cancel())).toMatchObject(refused('already-captured'));
  });
});

describe('a refund', () => {
  it('gives back in parts, and never more than what is left', async () => {
    const { send, lines } = await openGateway();
    await send(charge());
    const first = await send(refund({ key: 'a', amount: 10_000 }));
    const second = await send(refund({ key: 'b', amount: 7500 }));
    expect(first).toMatchObject({ type: 'gateway.refunded' });
    expect(second).toMatchObject({ type: 'gateway.refunded' });
    expect(second).not.toMatchObject({ refundTransactionId: first['refundTransactionId'] });
    expect(await send(refund({ key: 'c', amount: 1 }))).toMatchObject(refused('amount-too-large'));
    expect(await lines()).toHaveLength(3);
  });

  it('never exceeds the charge when many are asked for at once', async () => {
    const { send } = await openGateway();
    await send(charge());
    const refunds = Array.from({ length: 10 }, (_, n) => send(refund({ key: `refund-${n}`, amount: 5000 })));
    const done = (await Promise.all(refunds)).filter(({ type }) => type === 'gateway.refunded');
    expect(done).toHaveLength(3);
  });

  it('of an unknown transaction, or of another order’s, is refused', async () => {
    const { send, lines } = await openGateway();
    await send(charge());
    expect(await send(refund({ transactionId: 'txn_0' }))).toMatchObject(refused('no-such-transaction'));
    expect(await send(refund(), 'order-2')).toMatchObject(refused('no-such-transaction'));
    expect(await send(refund({ currency: 'EUR' }))).toMatchObject(refused('currency-mismatch'));
    expect(await lines()).toHaveLength(1);
  });
});
