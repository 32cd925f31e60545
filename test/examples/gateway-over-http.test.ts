// examples/gateway-over-http with a real service: the sample order is paid through it, and so are the other commands.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { launch, makeFolder, type Program, type Server, startServer } from '../e2e/server.ts';
import { startMailServer } from '../services/smtp/server.ts';

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const sample = '01900000-0000-7000-8000-000000000175';
let folder: Awaited<ReturnType<typeof makeFolder>>;
let gateway: Program;
let url: string;
let server: Server;

const start = (words: string, rest: Record<string, string> = {}) =>
  startServer(
    folder.path,
    {
      ...{ LOG_LEVEL: 'warn', MAIL_DELAY_MS: '0' },
      ...{ PAYMENT_GATEWAY_URL: url, PAYMENT_GATEWAY_SECRET: secret, ...rest },
    },
    words,
  );
beforeAll(async () => {
  folder = await makeFolder();
  const program = [process.execPath, 'examples/gateway-over-http/gateway.ts'];
  gateway = launch(program, process.cwd(), { PORT: '0', PAYMENT_GATEWAY_SECRET: secret });
  const [, port] = await gateway.untilPrinted(/port: (\d+)/);
  url = `http://127.0.0.1:${port}/`;
});
afterAll(async () => {
  gateway.send('SIGKILL');
  await folder.remove();
});
const asked = () => [...gateway.output().matchAll(/^(gateway\.\S+) (\S+)$/gm)].map(([line]) => line);

const settled = (id: string, state: string) =>
  until(
    () => ask(`${server.url}/orders/${id}`),
    ({ body }) => body.state === state && body.settled,
  );

test('the sample order is charged once and completed through it, with one mail, and refunded', async () => {
  const mail = await startMailServer();
  onTestFinished(mail.close);
  server = await start('start', { SMTP_URL: `smtp://127.0.0.1:${mail.port}` });
  const { body } = await settled(sample, 'completed');
  expect(body).toMatchObject({ amount: 17_500, currency: 'USD' });
  expect(mail.received).toMatchObject([{ to: ['customer-123@example.com'] }]);
  expect(asked()).toEqual([`gateway.charge ${sample}/charge/1`]);
  const refund = { amount: 500, reason: 'a scratch' };
  expect((await post(`${server.url}/orders/${sample}/refunds`, refund, 'r1')).status).toBe(201);
  await settled(sample, 'completed');
  expect(asked()).toHaveLength(2);
  expect(asked()[1]).toMatch(/^gateway\.refund /);
  expect(await server.stop()).toBe(0);
});

test('money is authorised, captured or voided through it', async () => {
  server = await start('serve', { PAYMENT_CAPTURE: 'later' });
  const [first, second] = await Promise.all(
    ['a', 'b'].map(async (key) => (await post(`${server.url}/orders`, sampleBody, key)).body.id),
  );
  for (const id of [first, second]) {
    await until(
      () => ask(`${server.url}/orders/${id}`),
      ({ body }) => body.moves.some(({ move }: { move: string }) => move === 'capture'),
    );
  }
  await post(`${server.url}/orders/${first}/capture`, {}, 'c1');
  await post(`${server.url}/orders/${second}/cancel`, { reason: 'changed my mind' }, 'c2');
  await settled(first, 'completed');
  await settled(second, 'cancelled');
  expect(asked().slice(-2).toSorted()).toEqual([
    `gateway.capture ${first}/capture/1`,
    `gateway.void ${second}/void/1`,
  ]);
  expect(await server.stop()).toBe(0);
});

test('with another secret nothing is charged, and the order fails', async () => {
  const before = asked().length;
  const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
  server = await start('serve', { PAYMENT_GATEWAY_SECRET: other, PAYMENT_ATTEMPTS: '1' });
  const { body } = await post(`${server.url}/orders`, sampleBody, 'other');
  await settled(body.id, 'failed');
  expect(asked()).toHaveLength(before);
  expect(await server.stop()).toBe(0);
});
