import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, until } from './client.ts';
import { makeFolder, runCommand, startServer } from './server.ts';

const sample = '01900000-0000-7000-8000-000000000175';
const quick = { PAYMENT_DELAY_MS: '20', MAIL_DELAY_MS: '10', LOG_LEVEL: 'warn' };
let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

test('a first start places the sample order, prints its trail and says what to call next', async () => {
  const server = await startServer(folder.path, quick, 'start');
  await server.untilPrinted(/Ctrl-C stops the service/);
  const output = server.output();
  const trail = [...output.matchAll(/Z {2}\w+ +([a-z.-]+)/g)].map(([, type]) => type);
  expect(trail).toEqual([
    'order.created',
    'order.validated',
    'order.processing-started',
    'inventory.reserved',
    'inventory.reserved',
    'payment.initiated',
    'payment.completed',
    'inventory.committed',
    'inventory.committed',
    'order.confirmation-sent',
    'order.completed',
  ]);
  expect(output).toContain('175.00 USD');
  expect(output).toContain(`curl ${server.url}/orders/${sample}`);
  expect(output).not.toContain('customer-123@example.com');
  expect(await server.stop('SIGINT')).toBe(0);
});

test('the sample is charged once, ends completed with the stock right, and is confirmed once', async () => {
  const server = await startServer(folder.path, quick, 'start');
  const { body } = await until(
    () => ask(`${server.url}/orders/${sample}`),
    (answer) => answer.body.settled === true,
  );
  expect(body).toMatchObject({ state: 'completed', amount: 17_500, currency: 'USD' });
  const { body: catalogue } = await ask(`${server.url}/products`);
  const stock = catalogue.products.map(({ onHand, sold, held }: Record<string, number>) => ({
    onHand,
    sold,
    held,
  }));
  expect(stock).toEqual([
    { onHand: 98, sold: 2, held: 0 },
    { onHand: 49, sold: 1, held: 0 },
    { onHand: 25, sold: 0, held: 0 },
  ]);
  expect(await server.stop()).toBe(0);
  const ledger = (await readFile(join(folder.path, 'data/gateway.jsonl'), 'utf8')).trim().split('\n');
  expect(ledger.map((line) => JSON.parse(line))).toMatchObject([
    { operation: 'charge', result: 'charged', amount: 17_500, currency: 'USD', orderId: sample },
  ]);
  expect(await readdir(join(folder.path, 'data/mail'))).toEqual([`${sample}-confirmation.eml`]);
});

test('a second start finds the data of the first and places nothing twice', async () => {
  const first = await startServer(folder.path, quick, 'start');
  await first.untilPrinted(/The order is completed/);
  expect(await first.stop()).toBe(0);
  const second = await startServer(folder.path, quick, 'start');
  await second.untilPrinted(/The order is completed/);
  expect(second.output()).toContain('placed by an earlier start');
  const { body } = await ask(`${second.url}/orders`);
  expect(body.orders).toHaveLength(1);
  expect((await ask(`${second.url}/products/product-1`)).body).toMatchObject({ onHand: 98, sold: 2 });
  expect(await second.stop()).toBe(0);
});

test('serve has the catalogue and places no order', async () => {
  const server = await startServer(folder.path, quick);
  expect((await ask(`${server.url}/orders`)).body).toEqual({ orders: [], next: null });
  expect((await ask(`${server.url}/products`)).body.products).toHaveLength(3);
  expect(await server.stop()).toBe(0);
});

test('a second process on the same file is refused at once and the first goes on', async () => {
  const server = await startServer(folder.path, quick);
  const { code, output } = await runCommand(['serve'], folder.path, { PORT: '0' });
  expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(output).toContain('data/orderchart.db');
  expect((await ask(`${server.url}/readyz`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

test('a port that is taken stops the start with one clear line', async () => {
  const server = await startServer(folder.path, quick);
  const other = await makeFolder();
  const { code, output } = await runCommand(['serve'], other.path, { PORT: new URL(server.url).port });
  expect({ code, said: output.trim().split('\n').at(-1) }).toMatchObject({
    code: 2,
    said: expect.stringContaining('choose another PORT'),
  });
  expect(await server.stop()).toBe(0);
  await other.remove();
});

test.each([
  [{ PORT: 'eighty' }, /PORT=eighty/],
  [{ PAYMENT_DECLINE_RATE: '2' }, /PAYMENT_DECLINE_RATE=2/],
  [{ DATABASE_URL: 'mysql://x' }, /sqlite:PATH, postgres:.* or memory:/],
  [{ PAYMENT_DELAY_MS: '20000' }, /CALL_TIMEOUT_MS/],
])('the wrong setting %o stops the start with one clear line', async (environment, message) => {
  const { code, output } = await runCommand(['serve'], folder.path, environment);
  expect(code).toBe(2);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toMatch(message);
});

test('help lists every setting with its default, and unknown flags and commands are refused', async () => {
  const { code, output } = await runCommand(['serve', '--help'], folder.path);
  expect(code).toBe(0);
  expect(output).toMatch(/PAYMENT_DELAY_MS .*\[1000\]/);
  expect(output).toMatch(/DATABASE_URL .*\[sqlite:data\/orderchart.db\]/);
  expect((await runCommand(['serve', '--colour', 'red'], folder.path)).code).toBe(2);
  expect((await runCommand(['dance'], folder.path)).code).toBe(2);
});

test('a flag comes before the environment variable', async () => {
  const { output } = await runCommand(['serve', '--port', 'no'], folder.path, { PORT: '0' });
  expect(output).toContain('PORT=no');
});
