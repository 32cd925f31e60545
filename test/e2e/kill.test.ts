import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask, persist, until } from './client.ts';
import { makeFolder, type Server, startServer } from './server.ts';

const orders = 200;
const kills = 10;
const seed = 20_261_123;

/** Chance that a failure can be repeated with. */
const createChance = (start: number) => {
  let state = start;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

interface LedgerLine {
  readonly orderId: string;
  readonly operation: string;
  readonly result: string;
  readonly amount: number;
}

test('ten kills while 200 orders run lose nothing, charge nobody twice and leave the stock right', async () => {
  const folder = await makeFolder();
  const environment = {
    LOG_LEVEL: 'error',
    PAYMENT_TIMEOUT_RATE: '0.2',
    PAYMENT_DELAY_MS: '40',
    MAIL_DELAY_MS: '20',
    CALL_TIMEOUT_MS: '1000',
    // A busy machine may time calls out; that must not park an order in this test.
    PAYMENT_ATTEMPTS: '50',
    NOTIFICATION_ATTEMPTS: '50',
    RETRY_FIRST_DELAY_MS: '50',
    RETRY_LONGEST_DELAY_MS: '200',
    POLL_MS: '100',
  };
  const chance = createChance(seed);
  let server: Server = await startServer(folder.path, environment);
  await fetch(`${server.url}/products/product-1`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 1000 }),
  });

  const placed = Array.from({ length: orders }, async (_, number) => {
    await pause(chance() * 3000);
    const body = {
      customerId: `customer-${number}`,
      email: 'c@example.com',
      currency: 'USD',
      items: [{ productId: 'product-1', quantity: 1 + (number % 3) }],
    };
    return persist(() => server.url, body, `order-${number}`);
  });
  for (let kill = 0; kill < kills; kill += 1) {
    await pause(100 + chance() * 400);
    await server.kill();
    server = await startServer(folder.path, environment);
  }
  const answers = await Promise.all(placed);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const ids = answers.map(({ body }) => String(body.id));
  expect(new Set(ids).size).toBe(orders);

  const views = await Promise.all(
    ids.map((id) =>
      until(
        () => ask(`${server.url}/orders/${id}`),
        ({ body }) => body.settled,
      ),
    ),
  );
  const completed = views.filter(({ body }) => body.state === 'completed');
  expect(views.every(({ body }) => ['completed', 'failed'].includes(body.state))).toBe(true);
  expect(completed.length).toBeGreaterThan(orders / 2);

  const { body: product } = await ask(`${server.url}/products/product-1`);
  const sold = completed.reduce((sum, { body }) => sum + body.items[0].quantity, 0);
  expect({ onHand: product.onHand, held: product.held, sold: product.sold }).toEqual({
    onHand: 1000 - sold,
    held: 0,
    sold,
  });
  expect(await server.stop()).toBe(0);

  const ledger = (await readFile(join(folder.path, 'data/gateway.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line): LedgerLine => JSON.parse(line));
  for (const { body } of views) {
    const lines = ledger.filter(({ orderId }) => orderId === body.id);
    const charged = lines.filter(({ result }) => result === 'charged');
    const refunded = lines.filter(({ result }) => result === 'refunded');
    expect(charged.length).toBe(body.state === 'completed' ? 1 : refunded.length);
    if (body.state === 'completed') expect(charged[0]?.amount).toBe(body.amount);
  }
  await folder.remove();
}, 120_000);
