// POST /orders with Prefer: wait: how long it waits, what it answers, and what its key stands for.
import { describe, expect, it } from 'vitest';
import { type Answer, chargeAll, never } from '../hosts/harness.ts';
import { createClosedBank, createEdge, noon, withIncident } from './edge.ts';

describe('Prefer: wait', () => {
  it('answers 201 when the order is settled, and the key stands for that answer', async () => {
    const bank = createClosedBank();
    const { placeOrder, runner, called } = await createEdge({ gateway: bank.gateway });
    const waiting = called('waitUntilSettled');
    const pending = placeOrder({ prefer: 'wait=5' });
    await waiting;
    bank.open();
    const answer = await pending;
    expect(answer.statusCode).toBe(201);
    expect(answer.json().state).toBe('completed');
    expect(answer.headers.etag).toBe(`"${answer.json().version}"`);
    expect(answer.headers['preference-applied']).toBe('wait=5');
    expect(await runner.recall('orders', 'key-1')).toMatchObject({ status: 201, body: answer.body });
    const again = await placeOrder({ prefer: 'wait=5' });
    expect(again.body).toBe(answer.body);
    expect(again.headers['preference-applied']).toBeUndefined();
  });

  it('answers 202 as soon as the order has an incident', async () => {
    const bank = createClosedBank();
    const { placeOrder, called, clock } = await createEdge({ ...withIncident, gateway: bank.gateway });
    const waiting = called('waitUntilSettled');
    const pending = placeOrder({ prefer: 'wait=5' });
    await waiting;
    bank.open();
    const answer = await pending;
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ settled: false, incidents: [{ actor: 'notification' }] });
    expect(clock.now()).toBe(noon);
  });

  it.each([
    ['its notice is sent', {}],
    ['its notice is under way', { mailer: never }],
  ])('answers 202 as soon as the order waits for its customer, also while %s', async (_when, given) => {
    const bank = createClosedBank();
    const gateway: Answer<'gateway'> = async (call) => {
      await bank.gateway(call);
      return { type: 'gateway.action-required', transactionId: 'txn-1' };
    };
    const { placeOrder, called, clock } = await createEdge({ ...given, gateway });
    const waiting = called('waitUntilSettled');
    const pending = placeOrder({ prefer: 'wait=5' });
    await waiting;
    bank.open();
    const answer = await pending;
    expect(answer.statusCode).toBe(202);
    const { settled, incidents, actors } = answer.json();
    expect({ settled, incidents }).toEqual({ settled: false, incidents: [] });
    expect(actors.order.state).toBe('paying.awaitingCustomer');
    expect(clock.now()).toBe(noon);
    // Who asks again does not wait for the customer either.
    expect((await placeOrder({ prefer: 'wait=5' })).headers['idempotency-replayed']).toBe('true');
  });

  it('answers 202 with the current view when the time is over', async () => {
    const { placeOrder, runner, called, clock } = await createEdge();
    const waiting = called('waitUntilSettled');
    const pending = placeOrder({ prefer: 'respond-async, wait=5' });
    await waiting;
    const [order] = await runner.list({ limit: 1 });
    const id = order?.id ?? '';
    const message = { type: 'gateway.voided', key: 'other', attempt: 1 } as const;
    await runner.send({ orderId: id, to: 'payment', message, otherwise: 'record' });
    await clock.advance(5000);
    const answer = await pending;
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ state: 'paying', version: 4 });
    expect(answer.headers.location).toBe(`/orders/${id}`);
    expect(await runner.recall('orders', 'key-1')).toMatchObject({ status: 202, body: answer.body });
  });

  it('keeps the key in use until the answer is known', async () => {
    const { placeOrder, called, clock } = await createEdge();
    const waiting = called('waitUntilSettled');
    const pending = placeOrder({ prefer: 'wait=5' });
    await waiting;
    expect((await placeOrder()).statusCode).toBe(409);
    await clock.advance(5000);
    expect((await pending).statusCode).toBe(202);
  });

  it('waits as long as the limit and no longer', async () => {
    const { placeOrder, called, clock } = await createEdge({ settings: { CALL_TIMEOUT_MS: 100_000 } });
    const waiting = called('waitUntilSettled');
    let isAnswered = false;
    const pending = placeOrder({ prefer: 'wait=999999' }).finally(() => {
      isAnswered = true;
    });
    await waiting;
    await clock.advance(59_999);
    expect(isAnswered).toBe(false);
    await clock.advance(1);
    const answer = await pending;
    expect(answer.headers['preference-applied']).toBe('wait=60');
    expect(answer.statusCode).toBe(202);
  });

  it('with no seconds answers at once', async () => {
    const { placeOrder } = await createEdge();
    expect((await placeOrder({ prefer: 'wait=0' })).statusCode).toBe(202);
  });

  it.each(['wait="0"', 'WAIT=0', 'wait = 0', 'wait=0; foo=bar'])('may be written as %s', async (prefer) => {
    const { placeOrder } = await createEdge();
    const answer = await placeOrder({ prefer });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers['preference-applied']).toBe('wait=0');
  });

  it.each([['wait'], ['wait=soon'], ['wait=-1'], ['wait=1.5'], ['wait=1e3']])(
    'is refused as %s, and nothing is stored',
    async (prefer) => {
      const { placeOrder, runner } = await createEdge();
      expect((await placeOrder({ prefer })).statusCode).toBe(400);
      expect(await runner.list({ limit: 1 })).toEqual([]);
    },
  );

  it('leaves other wishes alone', async () => {
    const { placeOrder } = await createEdge();
    const answer = await placeOrder({ prefer: 'return=minimal' });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers['preference-applied']).toBeUndefined();
  });

  it('sends the stored answer where it cannot be amended', async () => {
    const { placeOrder, runner, replaced, called, clock } = await createEdge();
    replaced.amend = () => Promise.reject(new Error('disk full'));
    const waiting = called('waitUntilSettled');
    const pending = placeOrder({ prefer: 'wait=5' });
    await waiting;
    const [order] = await runner.list({ limit: 1 });
    const message = { type: 'gateway.voided', key: 'other', attempt: 1 } as const;
    await runner.send({ orderId: order?.id ?? '', to: 'payment', message, otherwise: 'record' });
    await clock.advance(5000);
    const answer = await pending;
    expect(answer.statusCode).toBe(202);
    expect(answer.json().version).toBe(order?.version);
    expect(answer.body).toBe((await runner.recall('orders', 'key-1'))?.body);
  });

  it('amends nothing where the commit that ended the wait has stored the answer', async () => {
    const { placeOrder, runner, replaced } = await createEdge({ gateway: chargeAll });
    replaced.amend = () => Promise.reject(new Error('disk full'));
    const answer = await placeOrder({ prefer: 'wait=5' });
    expect(answer.statusCode).toBe(201);
    expect(answer.body).toBe((await runner.recall('orders', 'key-1'))?.body);
  });
});
