// The simulated gateway asks customers to confirm payments, and takes captures in part (src/services/gateway-simulated.ts).
import { describe, expect, it } from 'vitest';
import { readGatewayLedger } from '../../src/shop/audit/gateway-ledger-file.ts';
import {
  authorize,
  cancel,
  capture,
  charge,
  lookUp,
  openGateway,
  transactionId,
} from './simulated-gateway.ts';

const awaited = { orderId: 'order-1', provider: 'simulated', transactionId };
const required = { type: 'gateway.action-required', transactionId };

describe('a charge that its customer has to confirm', () => {
  it('waits, also over a restart, and takes its money when it is confirmed', async () => {
    const { send, start, lines } = await openGateway({ actionRate: 1 });
    expect(await send(charge())).toMatchObject(required);
    const { gateway, send: sendAgain } = await start();
    expect(await sendAgain(lookUp())).toMatchObject(required);
    expect(await sendAgain(charge({ attempt: 2 }))).toMatchObject(required);
    const report = await gateway.playCustomer(awaited, true);
    expect(report).toMatchObject({
      key: 'order-1/charge/1',
      reply: { type: 'gateway.charged', amount: 17_500 },
    });
    expect(await sendAgain(lookUp())).toMatchObject({ type: 'gateway.charged', transactionId });
    expect(await lines()).toMatchObject([{ result: 'action-required' }, { result: 'charged' }]);
    expect(await gateway.playCustomer(awaited, true)).toBeUndefined();
  });

  it('is declined if the customer fails, and can be voided while it waits', async () => {
    const failed = await openGateway({ actionRate: 1 });
    await failed.send(charge());
    await failed.gateway.playCustomer(awaited, false);
    expect(await failed.send(lookUp())).toMatchObject({ type: 'gateway.declined' });
    const voided = await openGateway({ actionRate: 1 });
    await voided.send(authorize);
    expect(await voided.send(capture())).toMatchObject({ type: 'gateway.refused', code: 'not-confirmed' });
    expect(await voided.send(cancel())).toMatchObject({ type: 'gateway.voided' });
    expect(await voided.send(lookUp())).toMatchObject({ type: 'gateway.voided' });
    expect(await voided.gateway.playCustomer(awaited, true)).toBeUndefined();
  });

  it('has a client secret while it waits, for its own order alone, and it is not in the ledger', async () => {
    const { gateway, send, lines } = await openGateway({ actionRate: 1 });
    await send(charge());
    const action = await gateway.paymentAction(awaited);
    expect(action?.clientSecret).toMatch(/_secret_/);
    expect(await gateway.paymentAction({ ...awaited, orderId: 'order-2' })).toBeUndefined();
    expect(JSON.stringify(await lines())).not.toContain('secret');
  });

  it('is no money in a ledger that is examined, until it is confirmed', async () => {
    const { gateway, send, ledgerPath } = await openGateway({ actionRate: 1 });
    await send(charge());
    await send(charge({ key: 'order-2/charge/1' }), 'order-2');
    await gateway.playCustomer(awaited, true);
    const ledger = await readGatewayLedger(ledgerPath);
    expect([...ledger.entries()]).toMatchObject([{ orderId: 'order-1', result: 'charged' }]);
    ledger.close();
  });
});

describe('a capture', () => {
  it('in part takes that part, and a look-up says so', async () => {
    const { send, lines } = await openGateway();
    await send(authorize);
    expect(await send(capture({ amount: 17_501 }))).toMatchObject({ code: 'amount-too-large' });
    const part = { key: 'order-1/capture/2', amount: 5000 };
    expect(await send(capture(part))).toMatchObject({ type: 'gateway.captured' });
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.charged', amount: 5000 });
    const rest = { key: 'order-1/capture/3', amount: 12_500 };
    expect(await send(capture(rest))).toMatchObject({ code: 'already-captured' });
    expect(await lines()).toMatchObject([{ result: 'authorized' }, { result: 'captured', amount: 5000 }]);
  });
});
