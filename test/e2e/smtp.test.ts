// A shop in a process of its own with a real mail server: which mails customers get, whatever becomes of either of the two.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { certificatePath, type MailServer, startMailServer } from '../services/smtp/server.ts';
import { ask, post, sampleBody, until } from './client.ts';
import { makeFolder, runCommand, type Server, startServer } from './server.ts';

const sample = '01900000-0000-7000-8000-000000000175';
let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const quick = {
  ...{ PAYMENT_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', RETRY_FIRST_DELAY_MS: '50', LOG_LEVEL: 'trace' },
  MAIL_FROM: 'Shop <orders@shop.example>',
};
const startShop = async (
  environment: Readonly<Record<string, string>>,
  words: 'serve' | 'start' = 'serve',
): Promise<Server> => {
  const server = await startServer(folder.path, { ...quick, ...environment }, words);
  onTestFinished(() => server.kill());
  return server;
};
const startMail = async (...options: Parameters<typeof startMailServer>): Promise<MailServer> => {
  const server = await startMailServer(...options);
  onTestFinished(server.close);
  return server;
};
const toUrl = ({ port }: { readonly port: number }) => ({ SMTP_URL: `smtp://127.0.0.1:${port}` });
const place = async ({ url }: Server, body: object = sampleBody): Promise<string> =>
  (await post(`${url}/orders`, body, 'k')).body.id;
const untilOrder = ({ url }: Server, id: string, wanted: object) =>
  until(
    () => ask(`${url}/orders/${id}`),
    ({ body }) => Object.entries(wanted).every(([name, value]) => body[name] === value),
  );
const idsOf = ({ received }: MailServer) => received.map(({ mail }) => mail.messageId);

test('the sample order leads to one mail, over TLS and with sign-in, and no output has the password', async () => {
  const mail = await startMail({
    ...{ secure: true, disabledCommands: [], authOptional: false },
    onAuth: ({ username, password }, _session, done) =>
      done(null, password === 's3cret@' ? { user: username } : {}),
  });
  const shop = await startShop(
    {
      SMTP_URL: `smtps://shop%40example.com:s3cret%40@localhost:${mail.port}`,
      SMTP_CA: certificatePath,
    },
    'start',
  );
  await untilOrder(shop, sample, { state: 'completed', settled: true });
  expect(await shop.stop()).toBe(0);
  const [only, ...others] = mail.received;
  expect(others).toEqual([]);
  expect(only).toMatchObject({ user: 'shop@example.com', secure: true, to: ['customer-123@example.com'] });
  expect(only?.mail.messageId).toBe(`<${sample}.confirmation.1@shop.example>`);
  expect(only?.mail.text).toContain('Total: $175.00');
  expect(shop.output()).not.toMatch(/s3cret|customer-123@/);
});

test('an order that fails leads to one mail with the reason, in the language of the shop', async () => {
  const mail = await startMail();
  const shop = await startShop({ ...toUrl(mail), MAIL_LOCALE: 'de', PAYMENT_DECLINE_RATE: '1' }, 'start');
  await untilOrder(shop, sample, { state: 'failed', settled: true });
  expect(await shop.stop()).toBe(0);
  expect(mail.received.map((each) => each.mail.subject)).toEqual([
    `Ihre Bestellung ${sample} konnte nicht ausgeführt werden`,
  ]);
  expect(mail.received[0]?.mail.text).toContain('Ihre Bank hat die Zahlung abgelehnt.');
});

test('a mail server that is away keeps no order and no readiness up, and gets one mail when it is back', async () => {
  const away = await startMailServer();
  await away.close();
  const shop = await startShop({ ...toUrl(away), NOTIFICATION_ATTEMPTS: '100' }, 'start');
  await untilOrder(shop, sample, { state: 'completed', settled: false });
  expect((await ask(`${shop.url}/readyz`)).status).toBe(200);
  const back = await startMail({}, away.port);
  await untilOrder(shop, sample, { settled: true });
  expect(idsOf(back)).toEqual([`<${sample}.confirmation.1@shop.example>`]);
});

test('a mail whose answer was lost is sent again with the same Message-ID', async () => {
  const mail = await startMail();
  mail.fail({ afterData: 'reset' });
  const shop = await startShop(toUrl(mail), 'start');
  await untilOrder(shop, sample, { settled: true });
  const id = `<${sample}.confirmation.1@shop.example>`;
  expect(idsOf(mail)).toEqual([id, id]);
});

test('a shop that is killed while the server has its mail sends it again with the same Message-ID', async () => {
  const mail = await startMail();
  mail.fail({ afterData: 'silent' });
  const first = await startShop({ ...toUrl(mail), CALL_TIMEOUT_MS: '2000' }, 'start');
  await until(
    async () => mail.received.length,
    (count) => count === 1,
  );
  await first.kill();
  const second = await startShop({ ...toUrl(mail), CALL_TIMEOUT_MS: '2000', POLL_MS: '50' });
  await untilOrder(second, sample, { settled: true });
  const id = `<${sample}.confirmation.1@shop.example>`;
  expect(idsOf(mail)).toEqual([id, id]);
}, 30_000);

test('a recipient who is refused for good is an incident, the order is completed, and its history says why', async () => {
  const mail = await startMail();
  mail.fail({ recipient: 550 }, { recipient: 550 });
  const shop = await startShop({ ...toUrl(mail), NOTIFICATION_ATTEMPTS: '2' }, 'start');
  const { incidents } = await until(
    async () => (await ask(`${shop.url}/incidents`)).body,
    (body) => body.incidents.length === 1,
  );
  expect(incidents).toMatchObject([{ orderId: sample, reason: 'notice-unsent' }]);
  expect((await ask(`${shop.url}/orders/${sample}`)).body.state).toBe('completed');
  const history = JSON.stringify((await ask(`${shop.url}/orders/${sample}/messages`)).body);
  expect(history.match(/permanent-550/g)).toHaveLength(2);
  expect(mail.received).toEqual([]);
});

test('a mail in a customer’s alphabet reaches a mailbox in theirs', async () => {
  const mail = await startMail();
  const shop = await startShop(toUrl(mail), 'start');
  await untilOrder(shop, sample, { settled: true });
  const id = await place(shop, { ...sampleBody, email: 'käufer@münchen.example' });
  await untilOrder(shop, id, { settled: true });
  expect(mail.received.at(-1)).toMatchObject({ to: ['käufer@münchen.example'], smtpUtf8: true });
});

test.each([
  [{ SMTP_URL: 'mail.example:s3cret' }, /^orderchart: Invalid SMTP_URL: must be smtp:\/\/HOST/],
  [{ SMTP_CA: 'none.pem' }, /SMTP_CA=none\.pem is not usable/],
  [{ SMTP_CA: 'empty.pem' }, /SMTP_CA=empty\.pem has no certificate/],
  [{ MAIL_FROM: 'nobody' }, /MAIL_FROM="nobody" is not usable/],
  [{ MAIL_LOCALE: 'a german' }, /MAIL_LOCALE=a german: must be a locale, such as en, de or de-CH/],
  [{ MAIL_LOCALE: 'fr' }, /MAIL_LOCALE=fr has no templates: .* has de, en/],
  [{ MAIL_TEMPLATES: 'none' }, /MAIL_TEMPLATES=none is not usable: there is no such folder/],
  [{ MAIL_TEMPLATES: 'empty.pem' }, /MAIL_TEMPLATES=empty\.pem is not usable: there is no such folder/],
  [{ MAIL_TEMPLATES: 'empty' }, /MAIL_LOCALE=en has no templates: empty has none/],
  [{ MAIL_TEMPLATES: '.' }, /MAIL_TEMPLATES=\. is not usable: it lacks \w+\/confirmation\.txt, /],
  [
    { PAYMENT_ACTION_URL: 'https://shop.example/{order}' },
    /PAYMENT_ACTION_URL=.*: must be an http or https address with/,
  ],
])('a start with %j ends with one line that says what to do', async (environment, line) => {
  await writeFile(join(folder.path, 'empty.pem'), '');
  await mkdir(join(folder.path, 'empty'));
  const { code, output } = await runCommand(['serve'], folder.path, {
    ...{ PORT: '0', SMTP_URL: 'smtp://mail.example', LOG_LEVEL: 'silent' },
    ...environment,
  });
  expect(code).toBeGreaterThan(0);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toMatch(line);
  expect(output).not.toContain('s3cret');
});
