// Refunds by line: the money is the lines' price, products go back into stock where that was asked for, and the customer is told.
import { describe, expect, it } from 'vitest';
import { toLinesTotal } from '../../machines/lines.ts';
import { placeOrder, type TestOrder } from './test-order.ts';

const widget = (quantity: number, restock = true) => ({ productId: 'product-1', quantity, restock });
const gadget = { productId: 'product-2', quantity: 1, restock: false };
const returns = (order: TestOrder) =>
  order.commands('warehouse.return').map(({ key, lines }) => ({ key, lines }));

describe('a refund of lines', () => {
  it('gives back their price, and puts back what is to be restocked', () => {
    const order = placeOrder();
    expect(order.refundLines([widget(1), gadget], 'r1')).toBe('applied');
    expect(order.eventsOf('payment.refunded')).toMatchObject([{ refundId: 'r1', amount: 12_500 }]);
    expect(returns(order)).toEqual([
      { key: 'order-1/return/r1', lines: [{ productId: 'product-1', quantity: 1 }] },
    ]);
    expect(order.eventsOf('inventory.returned')).toMatchObject([
      { productId: 'product-1', quantity: 1, refundId: 'r1' },
    ]);
    expect(order.settled).toBe(true);
  });

  it('puts nothing back where nothing is to be restocked', () => {
    const order = placeOrder();
    order.refundLines([widget(2, false)], 'r1');
    expect(returns(order)).toEqual([]);
    expect(order.view.refundedAmount).toBe(10_000);
  });

  it('puts nothing back before the money is back', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refundLines([widget(1)], 'r1');
    expect(returns(order)).toEqual([]);
    order.answer('gateway.refund', 'refunded');
    expect(returns(order)).toHaveLength(1);
  });

  it('is told to the customer, with its lines', () => {
    const order = placeOrder();
    order.refundLines([gadget], 'r1');
    expect(order.commands('mailer.send').at(-1)).toMatchObject({
      ...{ notice: 'refund', key: 'order-1/refund-notice/r1' },
      refund: { refundId: 'r1', amount: 7500, lines: [gadget] },
    });
  });

  it('takes an amount of its own', () => {
    const order = placeOrder();
    order.refundLines([widget(1)], 'r1', 4000);
    expect(order.view.refundedAmount).toBe(4000);
    expect(returns(order)).toHaveLength(1);
  });

  it('gives back no more than is left', () => {
    const order = placeOrder();
    order.refund(15_000);
    order.refundLines([widget(1)], 'r1');
    expect(order.view.refundedAmount).toBe(17_500);
  });

  it.each([
    ['more than was ordered', [widget(3)]],
    ['more than was ordered, in two lines', [widget(2), widget(1, false)]],
    ['a product that was not ordered', [{ productId: 'product-9', quantity: 1, restock: true }]],
  ])('is not made for %s', (_, lines) => {
    const order = placeOrder();
    expect(order.refundLines(lines, 'r1', 100)).toMatch(/^ignored: /);
    expect(order.commands('gateway.refund')).toEqual([]);
  });

  it('is not made for a product that was not ordered, not even beside one that was', () => {
    const order = placeOrder();
    const unknown = { productId: 'product-9', quantity: 1, restock: true };
    expect(order.refundLines([unknown], 'r1')).toMatch(/^ignored: /);
    expect(order.refundLines([widget(1), unknown], 'r1')).toMatch(/^ignored: /);
    expect(order.commands('gateway.refund')).toEqual([]);
  });

  it('has no price for what was not ordered', () => {
    const items = [{ productId: 'product-1', quantity: 2, unitPrice: 5000 }];
    expect(toLinesTotal(items, [widget(1), { productId: 'product-9', quantity: 3 }])).toBe(5000);
  });

  it('counts its lines also if another refund is refused meanwhile', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refundLines([widget(1)], 'r1');
    const refused = { type: 'payment.refund-refused', refundId: 'r0', amount: 5000, currency: 'USD' };
    expect(order.send('order', refused)).toBe('applied');
    order.answer('gateway.refund', 'refunded');
    expect(order.commands('mailer.send').at(-1)).toMatchObject({
      refund: { refundId: 'r1', amount: 5000, lines: [widget(1)] },
    });
    expect(order.refundLines([widget(2)], 'r2')).toMatch(/^ignored: /);
  });

  it('is not made twice for the same pieces', () => {
    const order = placeOrder();
    order.refundLines([widget(2)], 'r1');
    expect(order.refundLines([widget(1)], 'r2')).toMatch(/^ignored: /);
    expect(returns(order)).toHaveLength(1);
  });

  it('that the bank refuses leaves its lines to be refunded', () => {
    const order = placeOrder({ 'gateway.refund': ['refused', 'refunded'] });
    order.refundLines([widget(2)], 'r1');
    order.resolve('payment', 'not-refunded');
    expect(returns(order)).toEqual([]);
    expect(order.refundLines([widget(2)], 'r2')).toBe('applied');
    expect(returns(order)).toMatchObject([{ key: 'order-1/return/r2' }]);
  });

  it('that is given up puts nothing back, also if it is made after all', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refundLines([widget(1)], 'r1');
    order.fireDeadline('refundDeadline');
    order.resolve('order', 'refused');
    order.answer('gateway.refund', 'refunded');
    expect(returns(order)).toEqual([]);
    expect(order.view.refundedAmount).toBe(5000);
  });
});

describe('products that come back', () => {
  it('one refund after the other, each once', () => {
    const order = placeOrder({ 'warehouse.return': ['silent'] });
    order.refundLines([widget(1)], 'r1');
    order.refundLines([widget(1)], 'r2');
    expect(returns(order)).toHaveLength(1);
    order.answer('warehouse.return', 'returned');
    order.answer('warehouse.return', 'returned');
    expect(returns(order).map(({ key }) => key)).toEqual(['order-1/return/r1', 'order-1/return/r2']);
    expect(order.eventsOf('inventory.returned')).toHaveLength(2);
    expect(order.stateOf('inventory')).toBe('committed.kept');
  });

  it('are asked for again with the same key, and are an incident in the end', () => {
    const order = placeOrder({ 'warehouse.return': ['failed'] });
    order.refundLines([widget(1)], 'r1');
    order.runUntilIdle();
    expect(new Set(returns(order).map(({ key }) => key)).size).toBe(1);
    expect(order.incidents).toEqual(['inventory: return-unconfirmed']);
    order.resolve('inventory', 'returned');
    expect(order.eventsOf('inventory.returned')).toHaveLength(1);
    expect(order.settled).toBe(true);
  });

  it('stay out of stock if an operator says so', () => {
    const order = placeOrder({ 'warehouse.return': ['refused'] });
    order.refundLines([widget(1)], 'r1');
    order.resolve('inventory', 'not-returned');
    expect(order.eventsOf('inventory.returned')).toEqual([]);
    expect(order.settled).toBe(true);
  });

  it('are not asked for twice by a repeated request', () => {
    const order = placeOrder({ 'warehouse.return': ['silent'] });
    order.refundLines([widget(1)], 'r1');
    const again = {
      type: 'inventory.return',
      refundId: 'r1',
      lines: [{ productId: 'product-1', quantity: 1 }],
    };
    expect(order.send('inventory', again)).toBe('ignored: the return is already under way');
  });
});
