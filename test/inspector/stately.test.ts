import { createWebSocketReceiver } from '@statelyai/inspect';
import pino from 'pino';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
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
            : { type: 'gateway.absent' },
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
  createWebSocketReceiver({ server: `${server}/inspect` }).subscribe((event) => {
    said.push({ ...event });
    if (said.length === 1) connected.resolve();
    const isSent = JSON.stringify(event).includes('"value":"sent"');
    if (isSent && event.sessionId === `${orderId}/notification`) settled.resolve();
  });
  // The receiver says nowhere that it is connected: orders are placed until it hears of one.
  while (said.length === 0) {
    await shop.host.place(sample);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await connected.promise;
  await shop.host.place({ ...sample, orderId });
  await settled.promise;
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
  expect(JSON.stringify(said)).not.toContain(sample.email);
  expect(JSON.stringify(said)).not.toContain(sample.customerId);
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
