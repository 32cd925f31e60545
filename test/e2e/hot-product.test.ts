import { expect, test } from 'vitest';
import { ask, post, until } from './client.ts';
import { makeFolder, startServer } from './server.ts';

const buyers = 1000;
const units = 100;

test('a thousand buyers at once of a hundred units buy exactly a hundred', async () => {
  const folder = await makeFolder();
  const server = await startServer(folder.path, {
    LOG_LEVEL: 'error',
    PAYMENT_DELAY_MS: '10',
    MAIL_DELAY_MS: '0',
    PAYMENT_DECLINE_RATE: '0',
    NOTIFICATION_ATTEMPTS: '50',
  });
  const answers = await Promise.all(
    Array.from({ length: buyers }, (_, buyer) =>
      post(
        `${server.url}/orders`,
        {
          customerId: `buyer-${buyer}`,
          email: 'buyer@example.com',
          currency: 'USD',
          items: [{ productId: 'product-1', quantity: 1 }],
        },
        `buyer-${buyer}`,
      ),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(buyers);
  const product = await until(
    () => ask(`${server.url}/products/product-1`),
    ({ body }) => body.held === 0,
  );
  expect(product.body).toMatchObject({ onHand: 0, held: 0, sold: units });
  const states = await Promise.all(
    answers.map(({ body }) =>
      until(
        () => ask(`${server.url}/orders/${body.id}`),
        (answer) => answer.body.settled,
      ),
    ),
  );
  const count = (state: string) => states.filter(({ body }) => body.state === state).length;
  expect({ completed: count('completed'), rejected: count('rejected') }).toEqual({
    completed: units,
    rejected: buyers - units,
  });
  expect(await server.stop()).toBe(0);
  await folder.remove();
}, 60_000);
