// A real service that is flooded with expensive reads: orders are still placed and probes answered, and what is too much
// is refused with Retry-After.
import { expect, test } from 'vitest';
import { Connection, toOrderRequest } from '../load/connection.ts';
import { makeFolder, startServer } from './server.ts';

const clients = 32;
const largeOrders = 60;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Orders of 200 lines: a list of them is about a megabyte. */
const placeLargeOrders = async (url: string): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const product = { name: 'W'.repeat(200), unitPrice: 1, currency: 'USD', onHand: 1_000_000 };
  await fetch(`${url}/products/wide`, { method: 'PUT', headers, body: JSON.stringify(product) });
  const items = Array.from({ length: 200 }, () => ({ productId: 'wide', quantity: 1 }));
  const body = JSON.stringify({ customerId: 'c', email: 'c@example.com', currency: 'USD', items });
  for (let number = 0; number < largeOrders; number += 1) {
    const placing = { method: 'POST', headers: { ...headers, 'idempotency-key': `large-${number}` }, body };
    expect((await fetch(`${url}/orders`, placing)).status).toBe(201);
  }
};

test('while a service is flooded with expensive reads, orders are placed and probes are answered', async () => {
  const folder = await makeFolder();
  const quick = { PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', LOG_LEVEL: 'warn' };
  const server = await startServer(folder.path, quick);
  const url = new URL(server.url);
  await placeLargeOrders(server.url);

  const replies: Response[] = [];
  let isOver = false;
  // HEAD reads as much as GET, and costs the client nothing.
  const flood = async (): Promise<void> => {
    while (!isOver) replies.push(await fetch(`${server.url}/orders?limit=100`, { method: 'HEAD' }));
  };
  const flooding = Promise.all(Array.from({ length: clients }, flood));
  const client = new Connection(url, () => undefined);
  const ask = async (request: string) => (await client.ask(request, 60_000))?.status;
  for (let number = 0; number < 10; number += 1) {
    expect(await ask(toOrderRequest(`small-${number}`, 'wide'))).toBe(201);
    expect(await ask(get('/livez'))).toBe(200);
    expect(await ask(get('/readyz'))).toBe(200);
  }
  isOver = true;
  await flooding;
  const answered = replies.filter(({ status }) => status === 200);
  const refused = replies.filter(({ status }) => status === 503);
  expect(answered.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  expect(answered.length + refused.length).toBe(replies.length);
  expect(refused.every(({ headers }) => headers.get('retry-after') === '1')).toBe(true);
  // What was read beyond its share is paid off soon.
  let status: number | undefined = 503;
  while (status === 503) status = await ask(get('/orders'));
  expect(status).toBe(200);
  client.end();
  await server.stop();
  await folder.remove();
}, 120_000);
