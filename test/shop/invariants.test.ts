// The keys of services that an application adds to the shop: of the same form, with purposes that the shop does not know.
import { expect, it } from 'vitest';
import { toChartSystem } from '../../src/application.ts';
import { readSettings } from '../../src/config.ts';
import { limits } from '../../src/limits.ts';
import { shopInvariants } from '../../src/shop/invariants.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Call } from '../../src/step/effect.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, step } from '../../src/step/step.ts';

const state = newSystem(registerSystem(toChartSystem(shop), limits), 0, 'message-1');

const check = (service: string, type: string, key: string) => {
  const call: Call = {
    ...{
      callId: 'order-1/calls/1',
      orderId: 'order-1',
      actor: 'shipping',
      service,
      at: 0,
      keyFirstUsedAt: 0,
    },
    ...{ chartVersion: shop.chartVersion, causationId: 'message-1', correlationId: 'message-1' },
    command: { type, key, attempt: 1 },
  };
  return () => shopInvariants.check(state, state, [call], { type: 'order.place' });
};

it.each([
  ['courier', 'courier.book', 'order-1/booking/1'],
  ['mailer', 'mailer.send', 'order-1/confirmation/1'],
])('a call to the %s with the key of its order is made', (service, type, key) => {
  expect(check(service, type, key)).not.toThrow();
});

it.each([
  ['courier', 'courier.book', 'order-2/booking/1'],
  ['courier', 'courier.book', 'order-1/booking'],
  ['courier', 'courier.book', 'order-1//1'],
  ['courier', 'courier.book', 'order-1/booking/1/2'],
  ['mailer', 'mailer.send', 'order-1/booking/1'],
])('a call to the %s is not made if %s has the key %s', (service, type, key) => {
  expect(check(service, type, key)).toThrow(`${type} has the key ${key}`);
});

it.each([
  ['is the sum of its lines and adjustments', 5400, true],
  ['is more than they come to', 5401, false],
  ['leaves a discount out', 5900, false],
])('an order is taken only as it adds up: its total %s', (_what, amount, isRight) => {
  const system = registerSystem(toChartSystem(shop), limits);
  const item = { productId: 'product-1', name: 'Kettle', quantity: 1, unitPrice: 5000, lineTotal: 5000 };
  const adjustments = [
    { kind: 'shipping', name: 'Parcel', amount: 900 },
    { kind: 'discount', name: 'Welcome', amount: -500 },
  ];
  const message = {
    ...{ type: 'order.place', orderId: 'order-1', customerId: 'customer-1', email: 'ada@example.com' },
    ...{ amount, currency: 'EUR', items: [item], adjustments, policy: toPolicy(readSettings()) },
  };
  const arrival: Incoming = {
    kind: 'message',
    ...{ orderId: 'order-1', at: 0, messageId: 'message-1', to: 'order', message, causationId: null },
  };
  const take = () => step(system, state, arrival);
  if (isRight) expect(take()?.received.disposition).toBe('applied');
  else
    expect(take()?.received).toMatchObject({
      disposition: 'dead',
      reason: expect.stringContaining('the total is'),
    });
});
