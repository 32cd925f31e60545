// The keys of services that an application adds to the shop: of the same form, with purposes that the shop does not know.
import { expect, it } from 'vitest';
import { toChartSystem } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shopInvariants } from '../../src/shop/invariants.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Call } from '../../src/step/effect.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';

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
