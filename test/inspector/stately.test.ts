import { createWebSocketReceiver } from '@statelyai/inspect';
import pino from 'pino';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { isWelcome, toSaid } from '../../src/inspector/stately.ts';
import { createOrderchart, readSettings } from '../../src/main.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { sample } from '../hosts/harness.ts';

const orderId = 'heard-from-the-beginning';
type Said = Record<string, unknown>;

const open = async (settings: Record<string, string>) => {
  const shop = await createOrderchart(readSettings({ ...settings, PAYMENT_LEDGER: '/dev/null' }), {
    store: createMemoryStore(),
    logger: pino({ level: 'silent' }),
    services: {
      gateway: {
        name: 'gateway',
        place: 'outside',
        answer: async ({ command }) =>
          command.type === 'gateway.charge'
            ? {
                type: 'gateway.charged',
                transactionId: 't',
                amount: command.amount,
                currency: command.currency,
              }
            : { type: 'gateway.refunded', refundTransactionId: 'r' },
      },
      mailer: { name: 'mailer', place: 'outside', answer: async () => ({ type: 'mailer.sent' }) },
    },
  });
  const product = { name: 'Thing', unitPrice: 5000, currency: 'USD', onHand: 100 };
  await shop.catalogue.seedProducts(
    [
      { ...product, productId: 'product-1' },
      { ...product, productId: 'product-2', unitPrice: 7500 },
    ],
    Date.now(),
  );
  const origin = await shop.api.listen({ port: 0, host: '127.0.0.1' });
  return { shop, server: origin.replace('http', 'ws') };
};

test("an order is received with @statelyai/inspect's own receiver, without what names a person", async () => {
  const { shop, server } = await open({ STATELY_INSPECT: '1' });
  const said: Said[] = [];
  const connected = Promise.withResolvers<void>();
  const settled = Promise.withResolvers<void>();
  const refunded = Promise.withResolvers<void>();
  createWebSocketReceiver({ server: `${server}/inspect` }).subscribe((event) => {
    said.push({ ...event });
    if (said.length === 1) connected.resolve();
    const isSent = JSON.stringify(event).includes('"value":"sent"');
    if (isSent && event.sessionId === `${orderId}/notification`) settled.resolve();
    const isRefunded = JSON.stringify(event).includes('payment.refunded');
    if (isRefunded && event.sessionId === `${orderId}/order`) refunded.resolve();
  });
  // The receiver says nowhere that it is connected: orders are placed until it hears of one.
  while (said.length === 0) {
    await shop.host.place(sample);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await connected.promise;
  await shop.host.place({ ...personal, orderId });
  await settled.promise;
  const refund = {
    type: 'order.refund',
    refundId: 'refund-1',
    amount: 5000,
    reason: 'canary-reason',
  } as const;
  await shop.host.send({ orderId, to: 'order', message: refund, otherwise: 'refuse' });
  await refunded.promise;
  await shop.close();

  const actors = said.filter(({ type }) => type === '@xstate.actor');
  expect(new Set(actors.map(({ name }) => name))).toEqual(
    new Set(['order', 'inventory', 'payment', 'notification']),
  );
  expect(JSON.parse(String(actors[0]?.['definition']))).toHaveProperty('states');
  expect(
    said.find(({ sessionId, type }) => type === '@xstate.event' && sessionId === `${orderId}/order`),
  ).toMatchObject({
    rootId: `${orderId}/order`,
    event: { type: 'order.place', email: '[redacted]' },
  });
  expect(said.some(({ type }) => type === '@xstate.snapshot')).toBe(true);
  expect(JSON.stringify(said)).toContain('refund-1');
  expect(JSON.stringify(said)).not.toContain('canary');
});

/** Whatever names a person here must not come out. */
const personal = {
  ...sample,
  customerId: 'canary-customer',
  email: 'canary@example.com',
  items: sample.items.map((item) => ({ ...item, name: 'canary-engraving' })),
};

test("what people say in their own words stays here, what services say doesn't", () => {
  const failed = { type: 'gateway.failed', key: 'order/charge/1', reason: 'no-route' };
  expect(toSaid(failed)).toEqual(failed);
  expect(toSaid({ type: 'order.cancel', reason: 'canary' })).toEqual({
    type: 'order.cancel',
    reason: '[redacted]',
  });
  expect(toSaid({ type: 'incident.resolve', outcome: 'sent', note: 'canary' })).toEqual({
    ...{ type: 'incident.resolve', outcome: 'sent', note: '[redacted]' },
  });
  expect(toSaid({ type: 'order.failed', reason: { kind: 'cancelled', text: 'canary' } })).toEqual({
    ...{ type: 'order.failed', reason: { kind: 'cancelled', text: '[redacted]' } },
  });
});

test.each([
  ['a program on this machine', { host: '127.0.0.1:3000' }, true],
  ['a page that we served', { host: 'localhost:3000', origin: 'http://localhost:3000' }, true],
  ['by IPv6', { host: '[::1]:3000', origin: 'http://[::1]:3000' }, true],
  ['a page of another site', { host: 'localhost:3000', origin: 'https://example.com' }, false],
  ['a page of another service here', { host: 'localhost:3000', origin: 'http://localhost:4000' }, false],
  ['a page without an origin', { host: 'localhost:3000', origin: 'null' }, false],
  ['a foreign name for us', { host: 'example.com:3000', origin: 'http://example.com:3000' }, false],
  ['a name that begins like ours', { host: '127.0.0.1.example.com', origin: undefined }, false],
  ['a name that was allowed', { host: 'shop.example', origin: 'https://shop.example' }, true],
  ['no name', {}, false],
])('who may listen: %s', (_, headers, isAllowed) => {
  expect(isWelcome(headers, ['shop.example'])).toBe(isAllowed);
});

test('a page of another site is refused by the server', async () => {
  const { shop, server } = await open({ STATELY_INSPECT: '1' });
  const status = await new Promise((resolve) => {
    const socket = new WebSocket(`${server}/inspect`, { origin: 'https://example.com' });
    socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode));
    socket.once('open', () => resolve('open'));
  });
  expect(status).toBe(403);
  await shop.close();
});

test('nobody can listen unless it is asked for', async () => {
  const { shop, server } = await open({});
  const refused = await new Promise<boolean>((resolve) => {
    const socket = new WebSocket(`${server}/inspect`);
    socket.once('open', () => resolve(false));
    socket.once('error', () => resolve(true));
  });
  expect(refused).toBe(true);
  await shop.close();
});
