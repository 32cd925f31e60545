import { once } from 'node:events';
import { createServer } from 'node:http';
import { createWebSocketReceiver } from '@statelyai/inspect';
import pino from 'pino';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import { messages } from '../../machines/messages.ts';
import { newestVersion } from '../../machines/registry.ts';
import { createAdmission } from '../../src/admission.ts';
import { toChartSystem } from '../../src/application.ts';
import { systemClock } from '../../src/clock.ts';
import { StatelyFeed } from '../../src/inspector/server/stately.ts';
import { limits } from '../../src/limits.ts';
import { createOrderchart, readSettings } from '../../src/main.ts';
import { findPersonalFields, redact } from '../../src/personal.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { sample } from '../hosts/harness.ts';

const orderId = 'received-from-the-beginning';
type Received = Record<string, unknown>;

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

test("an order is received with @statelyai/inspect's own receiver, without personal data", async () => {
  const { shop, server } = await open({ STATELY_INSPECT: '1' });
  const received: Received[] = [];
  const connected = Promise.withResolvers<void>();
  const settled = Promise.withResolvers<void>();
  const refunded = Promise.withResolvers<void>();
  createWebSocketReceiver({ server: `${server}/inspect` }).subscribe((event) => {
    received.push({ ...event });
    if (received.length === 1) connected.resolve();
    const isSent = JSON.stringify(event).includes('"value":"sent"');
    if (isSent && event.sessionId === `${orderId}/notification`) settled.resolve();
    const isRefunded = JSON.stringify(event).includes('payment.refunded');
    if (isRefunded && event.sessionId === `${orderId}/order`) refunded.resolve();
  });
  // The receiver does not tell when it is connected: orders are placed until it receives one.
  while (received.length === 0) {
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

  const actors = received.filter(({ type }) => type === '@xstate.actor');
  expect(new Set(actors.map(({ name }) => name))).toEqual(
    new Set(['order', 'inventory', 'payment', 'notification']),
  );
  expect(JSON.parse(String(actors[0]?.['definition']))).toHaveProperty('states');
  expect(
    received.find(({ sessionId, type }) => type === '@xstate.event' && sessionId === `${orderId}/order`),
  ).toMatchObject({
    rootId: `${orderId}/order`,
    event: { type: 'order.place', email: '[redacted]' },
  });
  expect(received.some(({ type }) => type === '@xstate.snapshot')).toBe(true);
  expect(JSON.stringify(received)).toContain('refund-1');
  expect(JSON.stringify(received)).not.toContain('canary');
});

/** Every `canary` here is personal data. */
const personal = {
  ...sample,
  customerId: 'canary-customer',
  email: 'canary@example.com',
  items: sample.items.map((item) => ({ ...item, name: 'canary-engraving' })),
};

const personalFields = findPersonalFields(messages);
const redactMessage = (message: AnyEventObject) => redact(personalFields, message.type, message);

test.each([
  ...[
    { type: 'order.cancel', reason: 'canary' },
    { type: 'order.refund', refundId: '1', reason: 'canary' },
  ],
  ...[
    { type: 'incident.retry', note: 'canary' },
    { type: 'incident.resolve', outcome: 'sent', note: 'canary' },
  ],
  ...[{ type: 'order.failed', reason: { kind: 'cancelled', text: 'canary' } }],
  ...[{ type: 'mailer.send', recipient: 'canary', items: [{ productId: '1', name: 'canary' }] }],
  ...[
    { type: 'gateway.failed', email: 'canary' },
    { type: 'not.declared', customerId: 'canary' },
  ],
])('personal data is redacted in %o', (message) => {
  expect(JSON.stringify(redactMessage(message))).not.toContain('canary');
});

test('what is not personal stays as it is', () => {
  const failed = { type: 'gateway.failed', key: 'order/charge/1', reason: 'no-route' };
  expect(redactMessage(failed)).toEqual(failed);
  const text = '[redacted]';
  expect(redactMessage({ type: 'order.failed', reason: { kind: 'cancelled', text: 'Ada' } })).toEqual({
    ...{ type: 'order.failed', reason: { kind: 'cancelled', text } },
  });
});

test('in what an actor remembers, the names of personal fields are redacted at any depth', () => {
  const context = {
    customerId: 'a',
    failure: { kind: 'cancelled', text: 'b' },
    items: [{ name: 'c', quantity: 1 }],
  };
  expect(redact(personalFields, undefined, { ...context, reason: null, note: { of: 'd' } })).toEqual({
    customerId: '[redacted]',
    failure: { kind: 'cancelled', text: '[redacted]' },
    items: [{ name: '[redacted]', quantity: 1 }],
    reason: null,
    note: '[redacted]',
  });
});

test.each([
  ['a program', {}, 'open'],
  ['a page of the service', { host: 'localhost:3000', origin: 'http://localhost:3000' }, 'open'],
  ['a page under a public name', { host: 'shop.example', origin: 'https://shop.example' }, 'open'],
  ['a page of an allowed origin', { origin: 'https://desk.example', 'sec-fetch-site': 'cross-site' }, 'open'],
  ['a page of another site', { origin: 'https://example.com' }, 403],
  ['a page of another service here', { host: 'localhost:3000', origin: 'http://localhost:4000' }, 403],
  ['a page without an origin', { origin: 'null' }, 403],
  ['a page under a foreign name for this server', { host: 'example.com', origin: 'http://example.com' }, 421],
])('who may open a WebSocket: %s', async (_, headers, expected) => {
  const { shop, server } = await open({
    STATELY_INSPECT: '1',
    PUBLIC_HOSTS: 'shop.example',
    CORS_ORIGINS: 'https://desk.example',
  });
  const status = await new Promise((resolve) => {
    const socket = new WebSocket(`${server}/inspect`, { headers });
    socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode));
    socket.once('open', () => resolve('open'));
  });
  expect(status).toBe(expected);
  await shop.close();
});

test('without the setting nobody can connect', async () => {
  const { shop, server } = await open({});
  const refused = await new Promise<boolean>((resolve) => {
    const socket = new WebSocket(`${server}/inspect`);
    socket.once('open', () => resolve(false));
    socket.once('error', () => resolve(true));
  });
  expect(refused).toBe(true);
  await shop.close();
});

test('an order is announced with the charts of its version, and again with the others when it is moved', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const feed = new StatelyFeed(shop, createAdmission(readSettings()));
  feed.attach(server, { clock: systemClock, whyRefused: () => undefined });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const socket = new WebSocket(`ws://127.0.0.1:${port}/inspect`);
  const announced: string[] = [];
  socket.on('message', (text) => {
    const { name, definition } = JSON.parse(String(text));
    if (name === 'order') announced.push(definition.includes('"selling"') ? 'selling' : 'committing');
  });
  await once(socket, 'open');
  const system = registerSystem(toChartSystem(shop), limits);
  for (const version of ['1', '1', newestVersion]) {
    const state = newSystem(system, 0, 'c', version);
    feed.note({ orderId: 'o', at: 0, state, deliveries: [] });
  }
  await expect.poll(() => announced).toEqual(['selling', 'committing']);
  feed.close();
  server.close();
});

test('what is personal in the messages of a released version stays so', () => {
  const message = (payload: z.ZodObject) => ({ ...messages['order.place'], payload });
  const was = { asked: message(z.object({ phone: z.string().meta({ personal: true }) })) };
  const is = { asked: message(z.object({ mail: z.string().meta({ personal: true }) })) };
  const hidden = { type: 'asked', phone: '[redacted]', mail: '[redacted]' };
  const shown = { type: 'asked', phone: '555', mail: 'a@b.c' };
  expect(redact(findPersonalFields(is, was), 'asked', shown)).toEqual(hidden);
});
