// A trial without a bank: the simulated gateway asks customers to confirm, the test plays them, and the doctor finds the money
// of the ledger and of the store the same.
import { expect, onTestFinished, test } from 'vitest';
import { ask, post, sampleBody, until } from './client.ts';
import { makeFolder, runCommand, startServer } from './server.ts';

const settings = {
  ...{ PAYMENT_ACTION_RATE: '1', PAYMENT_DECLINE_RATE: '0', PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0' },
  ...{ RETRY_FIRST_DELAY_MS: '50', POLL_MS: '50' },
};

test('a payment that the customer confirms, or fails to, is played over HTTP, and the doctor agrees', async () => {
  const folder = await makeFolder();
  const server = await startServer(folder.path, settings);
  onTestFinished(async () => {
    await server.kill();
    await folder.remove();
  });
  const play = async (outcome: string, state: string): Promise<void> => {
    const order = `${server.url}/orders/${(await post(`${server.url}/orders`, sampleBody, outcome)).body.id}`;
    const action = await until(
      () => ask(`${order}/payment-action`),
      ({ status }) => status === 200,
    );
    expect(action.body).toMatchObject({ provider: 'simulated' });
    expect(await post(`${order}/payment-action`, { outcome })).toMatchObject({ status: 204 });
    await until(
      () => ask(order),
      ({ body }) => body.state === state,
    );
    expect(await post(`${order}/payment-action`, { outcome })).toMatchObject({ status: 409 });
  };
  await play('confirmed', 'completed');
  await play('failed', 'failed');
  const examined = await runCommand(['doctor', '--gateway-ledger', 'data/gateway.jsonl'], folder.path);
  expect(examined).toMatchObject({ code: 0, output: expect.stringContaining('everything holds') });
});
