// A shop switches its payment provider while orders are open: each order stays with the one that it recorded, and a start that
// could not go on with an open order is refused.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStripeDouble } from '../support/stripe/open-double.ts';
import { settingsFor, webhookSecret } from '../support/stripe/settings.ts';
import { ask, post, sampleBody, until } from './client.ts';
import { makeFolder, runCommand, type Server, startServer } from './server.ts';

const simulated = {
  ...{ PAYMENT_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', MAIL_DELAY_MS: '0', CALL_TIMEOUT_MS: '1000' },
  ...{ RETRY_FIRST_DELAY_MS: '50', RETRY_LONGEST_DELAY_MS: '500', POLL_MS: '50' },
};

const openShop = async () => {
  const folder = await makeFolder();
  const double = await openStripeDouble(folder.path);
  let running: Server | undefined;
  onTestFinished(async () => {
    await running?.kill();
    await double.close();
    await folder.remove();
  });
  return {
    double,
    stripe: settingsFor(double),
    /** Stops the service, if it runs, and starts it with other settings. */
    restart: async (settings: Readonly<Record<string, string>>): Promise<Server> => {
      await running?.stop();
      running = await startServer(folder.path, settings);
      return running;
    },
    /** What the service says that does not start. */
    refuse: async (settings: Readonly<Record<string, string>>) => {
      await running?.stop();
      running = undefined;
      return runCommand(['serve'], folder.path, { PORT: '0', ...settings });
    },
    ledger: () => readFile(join(folder.path, 'data/gateway.jsonl'), 'utf8'),
  };
};
const place = async ({ url }: Server): Promise<string> =>
  (await post(`${url}/orders`, sampleBody, crypto.randomUUID())).body.id;
const untilOrder = ({ url }: Server, orderId: string, text: string) =>
  until(
    async () => JSON.stringify((await ask(`${url}/orders/${orderId}`)).body),
    (order) => order.includes(text),
  );
const refund = ({ url }: Server, orderId: string) =>
  post(`${url}/orders/${orderId}/refunds`, {}, crypto.randomUUID());

test('open and closed orders stay with their provider, and new ones go to the next', async () => {
  const { double, stripe, restart, ledger } = await openShop();
  const before = await restart({ ...simulated, PAYMENT_CAPTURE: 'later' });
  const open = await place(before);
  await untilOrder(before, open, '"state":"authorized"');
  const after = await restart(stripe);
  const next = await place(after);
  await untilOrder(after, next, '"state":"completed"');
  expect(await post(`${after.url}/orders/${open}/capture`, {})).toMatchObject({ status: 200 });
  await untilOrder(after, open, '"state":"completed"');
  for (const orderId of [open, next]) {
    expect(await refund(after, orderId)).toMatchObject({ status: 201 });
    await untilOrder(after, orderId, '"refundedAmount":17500');
  }
  const { intents, refunds } = await double.ledger();
  expect(intents.map(({ metadata }) => metadata['orderchart_order'])).toEqual([next]);
  expect(refunds).toHaveLength(1);
  const lines = (await ledger()).split('\n').filter((line) => line !== '');
  const results = lines.map((line) => JSON.parse(line)).map(({ orderId, result }) => [orderId, result]);
  expect(results).toEqual(['authorized', 'captured', 'refunded'].map((result) => [open, result]));
});

test('a start without the provider of an open order is refused, and with it the order goes on', async () => {
  const { double, stripe, restart, refuse } = await openShop();
  const challenged = { ...stripe, STRIPE_TEST_PAYMENT_METHOD: 'pm_card_threeDSecure2Required' };
  const before = await restart(challenged);
  const orderId = await place(before);
  await untilOrder(before, orderId, '"state":"awaitingCustomer');
  const { code, output } = await refuse(simulated);
  expect(code).not.toBe(0);
  expect(output).toContain(
    '1 open order has its payment with the provider stripe, which the settings lack: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.',
  );
  const after = await restart({ ...challenged, ...simulated, PAYMENT_GATEWAY: 'simulated' });
  await double.setWebhooks({ url: `${after.url}/webhooks/stripe`, secret: webhookSecret });
  const [intent] = (await double.ledger()).intents;
  await double.authenticate(intent?.id ?? '', 'confirmed');
  await untilOrder(after, orderId, '"state":"completed"');
  const next = await place(after);
  await untilOrder(after, next, '"state":"completed"');
  expect((await double.ledger()).intents).toHaveLength(1);
});

test('closed orders of a provider that is gone do not stop a start, and their refund is an incident', async () => {
  const { stripe, restart } = await openShop();
  const before = await restart(stripe);
  const orderId = await place(before);
  await untilOrder(before, orderId, '"state":"completed"');
  const after = await restart({ ...simulated, PAYMENT_ATTEMPTS: '1' });
  expect(after.output()).toContain('"missing":["stripe"]');
  expect(await refund(after, orderId)).toMatchObject({ status: 201 });
  await untilOrder(after, orderId, '"reason":"refund-unconfirmed"');
});
