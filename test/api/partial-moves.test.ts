// Refunds by line and captures in part: what is taken, what is refused with which words, and what the stock is then.
import { describe, expect, it } from 'vitest';
import { refuseUnknownParts } from '../../src/api/routes/partial-moves.ts';
import { refundTable } from '../../src/shop/refund-totals.ts';
import type { OrderView } from '../../src/shop/view.ts';
import { type Answer, chargeAll, openHost, place, settle, widgets } from '../hosts/harness.ts';
import { shopOfVersion1 } from '../released-shop.ts';
import { createEdge, noon, problemOf, sampleOrder } from './edge.ts';
import { opens } from './open-order.ts';

const { signal } = new AbortController();
const toys = [
  { productId: 'toy', quantity: 3 },
  { productId: 'ball', quantity: 1 },
];

/** An API with a completed order of three toys of 1000 and a ball of 500, with `adjustments`. */
const open = async (adjustments: readonly object[] = []) => {
  const edge = await createEdge({ gateway: chargeAll });
  for (const [id, unitPrice] of [['toy', 1000] as const, ['ball', 500] as const]) {
    await edge.catalogue.addProduct(id, { name: id, unitPrice, currency: 'EUR', onHand: 10 }, noon);
  }
  const order = { ...sampleOrder, items: toys, adjustments };
  const { id } = (await edge.placeOrder({ prefer: 'wait=10' }, order)).json();
  let count = 0;
  const refund = async (body: object, headers: Record<string, string> = {}) => {
    count += 1;
    return edge.post(`/orders/${id}/refunds`, body, { 'idempotency-key': `refund-${count}`, ...headers });
  };
  /** The order once no refund is under way. */
  const settled = async () => {
    await edge.runner.waitUntilSettled(id, 10_000, signal);
    return (await edge.get(`/orders/${id}`)).json();
  };
  const stockOf = async (productId: string) => {
    const { onHand, sold } = (await edge.get(`/products/${productId}`)).json();
    return { onHand, sold };
  };
  return { ...edge, id, refund, settled, stockOf };
};

describe('a refund by line', () => {
  it('gives back the price of its lines, and what is restocked is for sale again', async () => {
    const { refund, settled, stockOf } = await open();
    expect(await stockOf('toy')).toEqual({ onHand: 7, sold: 3 });
    const lines = [
      { productId: 'toy', quantity: 2, restock: true },
      { productId: 'ball', quantity: 1, restock: false },
    ];
    expect((await refund({ lines })).statusCode).toBe(201);
    const order = await settled();
    expect(order).toMatchObject({ refundedAmount: 2500, refundedLines: lines });
    expect(order.moves).toContainEqual(
      expect.objectContaining({ move: 'refund', upTo: 1000, lines: [{ productId: 'toy', quantity: 1 }] }),
    );
    expect(await stockOf('toy')).toEqual({ onHand: 9, sold: 1 });
    expect(await stockOf('ball')).toEqual({ onHand: 9, sold: 1 });
  });

  it('gives back no more than is left of the money', async () => {
    const discount = { kind: 'discount', name: 'Welcome', amount: -1000 };
    const { refund, settled } = await open([discount]);
    await refund({ lines: [{ productId: 'toy', quantity: 3, restock: true }] });
    expect(await settled()).toMatchObject({ refundedAmount: 2500 });
  });

  it('takes an amount of its own', async () => {
    const { refund, settled } = await open();
    await refund({ amount: 1, lines: [{ productId: 'toy', quantity: 1, restock: false }] });
    expect(await settled()).toMatchObject({ refundedAmount: 1 });
  });

  it.each([
    ['Of toy 3 can be refunded, and 4 were asked for', [{ productId: 'toy', quantity: 4, restock: true }]],
    [
      'Of toy 3 can be refunded, and 4 were asked for',
      [
        { productId: 'toy', quantity: 2, restock: true },
        { productId: 'toy', quantity: 2, restock: false },
      ],
    ],
    ['Of kite 0 can be refunded', [{ productId: 'kite', quantity: 1, restock: true }]],
  ])('is refused where it is of too many: %s', async (text, lines) => {
    const { refund, settled } = await open();
    const refused = await refund({ lines });
    expect(refused.statusCode).toBe(409);
    expect(problemOf.parse(refused.json())).toMatchObject({ type: '/problems/move-not-allowed' });
    expect(problemOf.parse(refused.json()).detail).toContain(text);
    expect(await settled()).toMatchObject({ refundedAmount: 0, refundedLines: [] });
  });

  it.each([
    ['no lines', []],
    ['a quantity of 0', [{ productId: 'toy', quantity: 0, restock: true }]],
    ['nothing of its stock', [{ productId: 'toy', quantity: 1 }]],
  ])('with %s is no request', async (_what, lines) => {
    const { refund } = await open();
    expect((await refund({ lines })).statusCode).toBe(400);
  });

  it('counts with its own amount for the cap of its key', async () => {
    const { refund, keys, store } = await open();
    const wish = { owner: null, expiresAt: null, requestsPerMinute: null, refundsPerDay: 2000 };
    const { token } = await keys.create({ ...wish, principal: 'desk', scopes: ['money'] });
    const authorization = `Bearer ${token}`;
    const lines = (quantity: number) => [{ productId: 'toy', quantity, restock: true }];
    expect((await refund({ lines: lines(3) }, { authorization })).statusCode).toBe(403);
    expect((await refund({ lines: lines(2) }, { authorization })).statusCode).toBe(201);
    expect((await store.row(`${refundTable}/2026-01-31/EUR/desk`))?.['amount']).toBe(2000);
  });

  it('is refused while a dispute is open, which is an incident, and the refusal names it', async () => {
    const { runner, id, refund, get } = await open();
    const dispute = { disputeId: 'dp_1', amount: 3500, currency: 'EUR', reason: 'fraudulent' };
    await runner.send({
      ...{ orderId: id, to: 'payment', otherwise: 'record' },
      message: {
        ...{ type: 'gateway.dispute-opened', key: `${id}/charge/1`, attempt: 1 },
        ...{ ...dispute, transactionId: `txn-${id}/charge/1`, evidenceDueAt: '2026-02-14T00:00:00.000Z' },
      },
    });
    const order = (await get(`/orders/${id}`)).json();
    expect(order.disputes).toEqual([
      {
        disputeId: 'dp_1',
        amount: 3500,
        reason: 'fraudulent',
        state: 'open',
        evidenceDueAt: '2026-02-14T00:00:00.000Z',
      },
    ]);
    expect(order.incidents).toContainEqual(expect.objectContaining({ reason: 'payment-disputed' }));
    const refused = await refund({ lines: [{ productId: 'toy', quantity: 1, restock: true }] });
    expect(refused.statusCode).toBe(409);
    expect(problemOf.parse(refused.json()).detail).toContain('disputed at the bank (dp_1)');
  });
});

describe('a capture', () => {
  const capture = async (body: object) => {
    const edge = await opens.capture();
    const answer = await edge.post('/orders/order-1/capture', body);
    if (answer.statusCode === 200) await edge.runner.waitUntilSettled('order-1', 10_000, signal);
    return { answer, order: (await edge.get('/orders/order-1')).json() };
  };

  it('in part takes that part, and the order is completed with it', async () => {
    const { answer, order } = await capture({ amount: 4000 });
    expect(answer.statusCode).toBe(200);
    expect(order).toMatchObject({ state: 'completed', amount: 5000, paidAmount: 4000 });
  });

  it('without an amount takes all', async () => {
    expect((await capture({})).order).toMatchObject({ state: 'completed', paidAmount: 5000 });
  });

  it('of more than was authorised is refused, and says that it is never done', async () => {
    const { answer, order } = await capture({ amount: 5001 });
    expect(answer.statusCode).toBe(409);
    expect(problemOf.parse(answer.json()).detail).toContain('5001 is more than the 5000');
    expect(order).toMatchObject({ state: 'paying', paidAmount: 0 });
  });

  it.each([0, -1, 0.5, '4000'])('of %j is no request', async (amount) => {
    expect((await capture({ amount })).answer.statusCode).toBe(400);
  });
});

describe('an order on version 1 of the charts', () => {
  const authorize: Answer<'gateway'> = (call) => {
    const { command } = call;
    if (command.type !== 'gateway.charge') return chargeAll(call);
    const { amount, currency } = command;
    return { type: 'gateway.authorized', transactionId: 'txn', amount, currency };
  };

  it('is refunded by amount alone', async () => {
    const opened = await openHost({ application: shopOfVersion1 });
    const view = await settle(opened, (await place(opened, widgets(1))).id);
    if (view === undefined) throw new Error('the order is gone');
    const line = { productId: 'product-1', quantity: 1, restock: true };
    expect(() => refuseUnknownParts(view, 'refund', { lines: [line] })).toThrow('leave `lines` out');
    expect(() => refuseUnknownParts(view, 'refund', { amount: 1 })).not.toThrow();
    await opened.host.close();
  });

  it('is captured as a whole alone', async () => {
    const settings = { PAYMENT_CAPTURE: 'later' };
    const opened = await openHost({ application: shopOfVersion1, gateway: authorize, settings });
    const { id } = await place(opened, widgets(1));
    const read = async (): Promise<OrderView> => {
      await opened.clock.advance(0);
      const view = await opened.host.get(id);
      return view?.moves.some(({ move }) => move === 'capture') ? view : read();
    };
    const authorised = await read();
    expect(() => refuseUnknownParts(authorised, 'capture', { amount: 1 })).toThrow('leave `amount` out');
    expect(() => refuseUnknownParts(authorised, 'capture', {})).not.toThrow();
    await opened.host.close();
  });
});
