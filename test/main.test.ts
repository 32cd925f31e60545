import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { expect, test } from 'vitest';
import { createOrderchart, readSettings, type ShopService, shop } from '../src/main.ts';
import { createMemoryStore } from '../src/stores/memory.ts';
import { sampleBody } from './e2e/client.ts';
import { makeFolder } from './e2e/server.ts';

const answering = (): {
  gateway: ShopService<'gateway'>;
  mailer: ShopService<'mailer'>;
  recorded: string[];
} => {
  const recorded: string[] = [];
  return {
    recorded,
    gateway: {
      name: 'gateway',
      place: 'outside',
      answer: async ({ command }) => {
        recorded.push(command.type);
        if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
        const { amount, currency } = command;
        return { type: 'gateway.charged', transactionId: 'mine', amount, currency };
      },
    },
    mailer: {
      name: 'mailer',
      place: 'outside',
      answer: async ({ command }) => {
        recorded.push(command.notice);
        return { type: 'mailer.sent' };
      },
    },
  };
};

test('the whole can be embedded without listening, with every service replaced', async () => {
  const { recorded, ...services } = answering();
  const logger = pino({ level: 'silent' });
  const running = await createOrderchart(readSettings(), { services, store: createMemoryStore(), logger });
  await running.catalogue.seedProducts(
    [
      { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100 },
      { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 50 },
    ],
    Date.now(),
  );
  const answer = await running.api.inject({
    method: 'POST',
    url: '/orders',
    headers: { 'idempotency-key': 'embedded', prefer: 'wait=10' },
    payload: sampleBody,
  });
  expect(answer.statusCode).toBe(201);
  expect(answer.json()).toMatchObject({ state: 'completed', amount: 17_500, paidAmount: 17_500 });
  expect(recorded).toEqual(['gateway.charge', 'confirmation']);

  const metrics = (await running.api.inject('/metrics')).body;
  for (const figure of [
    'orderchart_orders{state="completed"} 1',
    'orderchart_orders_by_chart_version{chart_version="2"} 1',
    'orderchart_orders_parked{why="unreadable"} 0',
    'orderchart_calls_pending 0',
  ]) {
    expect(metrics).toContain(figure);
  }
  expect(metrics).not.toContain('orderchart_orders_unreadable{');
  expect(metrics).toContain('orderchart_events_published_total{type="order.completed"} 1');
  await running.close();
  await pause(0);
  await expect(
    running.host.place({ customerId: 'a', email: 'a@b.co', currency: 'USD', items: [], amount: 1 }),
  ).rejects.toMatchObject({ code: 'closing' });
});

test('an adapter of a service that the application does not have is refused, with those that it has', async () => {
  const settings = readSettings({ LOG_LEVEL: 'silent' });
  const { mailer } = answering();
  const start = createOrderchart(settings, { services: { mailr: mailer }, store: createMemoryStore() });
  await expect(start).rejects.toMatchObject({
    code: 'invalid-setting',
    message: expect.stringMatching(/no service mailr; it has warehouse, gateway, mailer/),
  });
});

test('an application that adds a service needs an adapter for it', async () => {
  const courier = { noAnswer: () => ({ type: 'mailer.failed', reason: 'no-answer' }) };
  const application = { ...shop, services: { ...shop.services, courier } };
  const services = answering();
  const logger = pino({ level: 'silent' });
  const store = createMemoryStore();
  await expect(
    createOrderchart(readSettings(), { application, services: { gateway: services.gateway }, store, logger }),
  ).rejects.toMatchObject({ code: 'invalid-setting', message: expect.stringContaining('courier') });
});

test('a start that replaces one service while another stays simulated warns of it by name', async () => {
  const lines: unknown[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => lines.push(JSON.parse(line)) });
  const folder = await makeFolder();
  const settings = readSettings({
    PAYMENT_LEDGER: join(folder.path, 'gateway.jsonl'),
    MAIL_DIR: join(folder.path, 'mail'),
  });
  const { recorded: _, mailer, gateway } = answering();
  for (const services of [{ mailer }, { mailer, gateway }, {}]) {
    const running = await createOrderchart(settings, { services, store: createMemoryStore(), logger });
    await running.close();
  }
  expect(lines).toMatchObject([
    { simulated: ['gateway'], msg: 'some services are replaced, and others are still simulated' },
  ]);
  await folder.remove();
});
