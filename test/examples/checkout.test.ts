// examples/checkout with a real service: what a customer is told, and that the program runs as its first lines say.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkOut } from '../../examples/checkout/checkout.ts';
import { launch, makeFolder, type Server, startServer } from '../e2e/server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;
beforeAll(async () => {
  folder = await makeFolder();
  const quick = { PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'warn' };
  server = await startServer(folder.path, quick, 'start');
});
afterAll(async () => {
  await server.stop();
  await folder.remove();
});

const basket = {
  customerId: 'ada',
  email: 'ada@example.com',
  currency: 'USD',
  productId: 'product-1',
  quantity: 1,
};

test('a customer is told that the order is completed, why it failed, or why it was not taken', async () => {
  expect(await checkOut(server.url, basket)).toMatch(/^The order \S+ is completed\.$/);
  expect(await checkOut(server.url, { ...basket, quantity: 10_000 })).toMatch(
    /^The order \S+ is rejected\. .*product-1 is not in stock in this quantity/,
  );
  expect(await checkOut(server.url, { ...basket, productId: 'none' })).toBe(
    'The order was not taken. /items/0/productId: is not in the catalogue.',
  );
});

test('the program places an order of one piece and prints how it ended', async () => {
  const program = launch(
    [process.execPath, 'examples/checkout/checkout.ts', server.url, 'product-2'],
    process.cwd(),
    {},
  );
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.output()).toMatch(/^The order \S+ is completed\.\n$/);
});
