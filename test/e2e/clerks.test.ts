// Clerks and buyers at the same time at a real service: no piece is lost or made up, and the doctor agrees.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, post, until } from './client.ts';
import { makeFolder, runCommand, type Server, startServer } from './server.ts';

const [rounds, delivered, bought, first] = [30, 7, 2, 120];

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;
beforeAll(async () => {
  folder = await makeFolder();
  server = await startServer(folder.path, {
    LOG_LEVEL: 'error',
    PAYMENT_DELAY_MS: '5',
    MAIL_DELAY_MS: '0',
    PAYMENT_DECLINE_RATE: '0',
  });
  const anvil = { name: 'Anvil', unitPrice: 5000, currency: 'USD', onHand: first };
  const made = await ask(`${server.url}/products/anvil`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(anvil),
  });
  expect(made.status).toBe(201);
});
afterAll(() => folder.remove());

/** A clerk who counts what came, and sends each adjustment twice, as after a lost answer. */
const clerk = async (name: string): Promise<void> => {
  for (let round = 0; round < rounds; round += 1) {
    const adjustment = { by: delivered, reason: `delivery ${round}` };
    const send = () => post(`${server.url}/products/anvil/adjustments`, adjustment, `${name}-${round}`);
    const answers = [await send(), await send()];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  }
};

const buyer = async (name: string): Promise<void> => {
  for (let round = 0; round < rounds; round += 1) {
    const order = {
      ...{ customerId: name, email: `${name}@example.com`, currency: 'USD' },
      items: [{ productId: 'anvil', quantity: bought }],
    };
    expect((await post(`${server.url}/orders`, order, `${name}-${round}`)).status).toBe(201);
  }
};

test('two clerks and two buyers at once lose no piece', { timeout: 60_000 }, async () => {
  await Promise.all([clerk('clerk-1'), clerk('clerk-2'), buyer('buyer-1'), buyer('buyer-2')]);
  await until(
    () => ask(`${server.url}/orders?settled=false&limit=1`),
    ({ body }) => body.orders.length === 0,
  );
  const sold = 2 * rounds * bought;
  const onHand = first + 2 * rounds * delivered - sold;
  const { body } = await ask(`${server.url}/products/anvil`);
  expect(body).toMatchObject({ onHand, held: 0, sold, available: onHand });
});

test('the doctor finds every count in the ledger', { timeout: 60_000 }, async () => {
  const { code, output } = await runCommand(['doctor'], folder.path);
  expect(output).toContain(`${2 * rounds} orders examined: everything holds.`);
  expect(code).toBe(0);
  expect(await server.stop()).toBe(0);
});
