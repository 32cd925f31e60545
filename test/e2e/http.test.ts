import { createParser } from 'eventsource-parser';
import pino from 'pino';
import { afterEach, expect, test } from 'vitest';
import { createOrderchart, readSettings, type ShopService } from '../../src/main.ts';
import { ask, post, sampleBody, until } from './client.ts';
import { makeFolder } from './server.ts';

type Gateway = ShopService<'gateway'>['answer'];
const charge: Gateway = async ({ command }) => {
  if (command.type === 'gateway.refund') return { type: 'gateway.refunded', refundTransactionId: 'r' };
  if (command.type === 'gateway.capture') return { type: 'gateway.captured' };
  if (command.type === 'gateway.void') return { type: 'gateway.voided' };
  if (command.type === 'gateway.look-up') return { type: 'gateway.absent' };
  const { amount, currency, capture } = command;
  const type = capture === 'later' ? 'gateway.authorized' : 'gateway.charged';
  return { type, transactionId: 't', amount, currency };
};
const hang: Gateway = ({ signal }) =>
  new Promise((_, lost) => {
    signal.addEventListener('abort', () => lost(new Error('given up')), { once: true });
  });

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A whole Orderchart over SQLite that listens, with a bank that answers as the test says. */
const open = async (answer: Gateway, settings: Record<string, string | number> = {}) => {
  const folder = await makeFolder();
  const shop = await createOrderchart(
    readSettings({
      DATABASE_URL: `sqlite:${folder.path}/orders.db`,
      RETRY_FIRST_DELAY_MS: 10,
      RETRY_LONGEST_DELAY_MS: 20,
      POLL_MS: 20,
      DRAIN_MS: 0,
      PAYMENT_DELAY_MS: 0,
      MAIL_DELAY_MS: 0,
      ...settings,
    }),
    {
      logger: pino({ level: 'silent' }),
      services: {
        gateway: { name: 'gateway', place: 'outside', answer },
        mailer: { name: 'mailer', place: 'outside', answer: async () => ({ type: 'mailer.sent' }) },
      },
    },
  );
  closing.push(async () => {
    await shop.close();
    await folder.remove();
  });
  const products = [
    { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100 },
    { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 50 },
  ];
  await shop.catalogue.seedProducts(products, 0);
  const url = await shop.api.listen({ port: 0 });
  return { shop, url };
};
const place = async (url: string, key = 'key') => {
  const { status, body } = await post(`${url}/orders`, sampleBody, key);
  expect(status).toBe(201);
  return `${url}/orders/${body.id}`;
};
const isSettled = ({ body }: { body: { settled: boolean } }) => body.settled;

test('a cancel during payment gives the stock back and tells the customer', async () => {
  const { url } = await open(hang, { CALL_TIMEOUT_MS: 100 });
  const order = await place(url);
  expect((await ask(`${order}/explain`)).body).toMatchObject({
    state: 'paying',
    moves: [{ move: 'cancel' }],
  });
  const cancelled = await post(`${order}/cancel`, { reason: 'too slow' });
  expect(cancelled).toMatchObject({ status: 200, body: { state: 'compensating', moves: [] } });
  expect((await ask(`${url}/products/product-1`)).body).toMatchObject({ held: 0, available: 100 });
  expect((await post(`${order}/cancel`, {})).status).toBe(409);
});

test('an outcome that nobody knows waits for a person, who is shown what can be said', async () => {
  const { url } = await open(hang, { CALL_TIMEOUT_MS: 30, PAYMENT_ATTEMPTS: 2 });
  const order = await place(url);
  const { body: incidents } = await until(
    () => ask(`${url}/incidents`),
    ({ body }) => body.incidents.length > 0,
  );
  expect(incidents.incidents).toMatchObject([{ actor: 'payment', reason: 'charge-unknown' }]);
  const wrong = await post(`${order}/resolve`, { outcome: 'perhaps', note: 'I asked' });
  expect(wrong.status).toBe(400);
  const nameless = await post(`${order}/resolve`, { outcome: 'charged', note: 'the bank says so' });
  expect(nameless.status).toBe(409);
  const resolved = await post(`${order}/resolve`, { outcome: 'not-charged', note: 'the bank says so' });
  expect(resolved.status).toBe(200);
  expect((await until(() => ask(order), isSettled)).body).toMatchObject({
    state: 'failed',
    failure: { kind: 'payment-gave-up' },
    paidAmount: 0,
  });
  expect((await ask(`${url}/incidents`)).body.incidents).toEqual([]);
});

test('a person who names the transaction resolves an unknown charge as charged', async () => {
  const { url } = await open(hang, { CALL_TIMEOUT_MS: 30, PAYMENT_ATTEMPTS: 1 });
  const order = await place(url);
  await until(
    () => ask(order),
    ({ body }) => body.incidents.length > 0,
  );
  const said = { outcome: 'charged', note: 'seen at the bank', transactionId: 'txn-7' };
  expect((await post(`${order}/resolve`, said)).status).toBe(200);
  expect((await until(() => ask(order), isSettled)).body).toMatchObject({
    state: 'completed',
    paidAmount: 17_500,
  });
});

test('a retry lets an order with an incident continue once the bank answers again', async () => {
  let answer: Gateway = hang;
  const { url } = await open((call) => answer(call), { CALL_TIMEOUT_MS: 30, PAYMENT_ATTEMPTS: 2 });
  const order = await place(url);
  await until(
    () => ask(order),
    ({ body }) => body.incidents.length > 0,
  );
  answer = async (call) =>
    call.command.type === 'gateway.look-up'
      ? { type: 'gateway.charged', transactionId: 't', amount: 17_500, currency: 'USD' }
      : charge(call);
  expect((await post(`${order}/retry`, {})).status).toBe(200);
  expect((await until(() => ask(order), isSettled)).body).toMatchObject({
    state: 'completed',
    paidAmount: 17_500,
  });
});

test('money that is authorised now is captured by a move later', async () => {
  const { url } = await open(charge, { PAYMENT_CAPTURE: 'later' });
  const order = await place(url);
  const { body } = await until(
    () => ask(order),
    (answer) => answer.body.actors.order.state === 'paying.authorized',
  );
  expect(body).toMatchObject({ paidAmount: 0, moves: [{ move: 'cancel' }, { move: 'capture' }] });
  expect((await post(`${order}/capture`, {})).status).toBe(200);
  expect((await until(() => ask(order), isSettled)).body).toMatchObject({
    state: 'completed',
    paidAmount: 17_500,
  });
});

test('refunds add up, need a key, happen once for it, and never exceed what was paid', async () => {
  const { url } = await open(charge);
  const order = await place(url);
  await until(() => ask(order), isSettled);
  expect((await post(`${order}/refunds`, { amount: 1 })).status).toBe(400);
  const first = await post(`${order}/refunds`, { amount: 5000, reason: 'one came back' }, 'refund-1');
  const again = await post(`${order}/refunds`, { amount: 5000, reason: 'one came back' }, 'refund-1');
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual(first.body);
  await until(() => ask(order), isSettled);
  expect((await post(`${order}/refunds`, { amount: 12_501, reason: 'too much' }, 'refund-2')).status).toBe(
    409,
  );
  expect((await post(`${order}/refunds`, { reason: 'the rest' }, 'refund-3')).status).toBe(201);
  const settled = await until(
    () => ask(order),
    ({ body }) => body.settled && body.refundedAmount === 17_500,
  );
  expect(settled.body).toMatchObject({ state: 'completed', paidAmount: 17_500, moves: [] });
});

test('If-Match refuses a move on an order that moved on', async () => {
  const { url } = await open(hang);
  const order = await place(url);
  const { headers } = await ask(order);
  const tag = headers.get('etag') ?? '';
  expect((await post(`${order}/cancel`, {}, undefined, { 'if-match': '"1"' })).status).toBe(412);
  expect((await post(`${order}/cancel`, {}, undefined, { 'if-match': tag })).status).toBe(200);
});

test('a stream that is taken up again by Last-Event-ID has neither gap nor repeat', async () => {
  const { url } = await open(charge);
  const order = await place(url);
  await until(() => ask(order), isSettled);
  const first = await readStream(`${order}/stream`, 4);
  const rest = await readStream(`${order}/stream`, 7, first.at(-1)?.id);
  const journal = (await ask(`${order}/events`)).body.events.map((event: { id: string }) => event.id);
  expect([...first, ...rest].map(({ event }) => event)).toEqual(journal);
});

test('the journal names for every event a message that the order recorded', async () => {
  const { url } = await open(charge);
  const order = await place(url);
  await until(() => ask(order), isSettled);
  const { events } = (await ask(`${order}/events`)).body;
  const { messages } = (await ask(`${order}/messages`)).body;
  const ids = new Set(messages.map(({ id }: { id: string }) => id));
  expect(events.every(({ causationid }: { causationid: string }) => ids.has(causationid))).toBe(true);
  expect(new Set(events.map(({ correlationid }: { correlationid: string }) => correlationid)).size).toBe(1);
});

test('the same key at the same time places one order', async () => {
  const { url } = await open(hang);
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => post(`${url}/orders`, sampleBody, 'same')));
  const placed = answers.filter(({ status }) => status === 201);
  expect(placed.length).toBeGreaterThanOrEqual(1);
  expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
  expect((await ask(`${url}/orders`)).body.orders).toHaveLength(1);
});

/** Reads `count` events of a stream: the SSE id, and the id of the CloudEvent. */
const readStream = async (url: string, count: number, lastEventId?: string) => {
  const leaving = new AbortController();
  const response = await fetch(url, {
    signal: leaving.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  const events: { id: string | undefined; event: string }[] = [];
  const parser = createParser({
    onEvent: ({ id, data }) => events.push({ id, event: JSON.parse(data).id }),
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (events.length >= count) break;
  }
  leaving.abort();
  return events.slice(0, count);
};
