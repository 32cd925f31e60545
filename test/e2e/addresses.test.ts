// Mail to and from addresses beyond ASCII, with a real service: from the request to the file that a mail server would get.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { post, sampleBody } from './client.ts';
import { makeFolder, runCommand, startServer } from './server.ts';

const quick = { PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'warn' };
let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

test('an order of a customer with an internationalised address completes, and its mail is written to that address', async () => {
  const settings = { ...quick, MAIL_FROM: 'Müller <bestellung@münchen.example>' };
  const server = await startServer(folder.path, settings, 'start');
  const written: string[] = [];
  const customers = ['käufer@münchen.example', 'a@münchen.example', 'team/eu@x.example'];
  for (const [index, email] of customers.entries()) {
    const { body } = await post(`${server.url}/orders`, { ...sampleBody, email }, `order-${index}`, {
      prefer: 'wait=10',
    });
    expect(body).toMatchObject({ state: 'completed', email });
    const mails = (await readdir(join(folder.path, 'data/mail'))).filter((name) => name.startsWith(body.id));
    expect(mails).toEqual([`${body.id}-confirmation.eml`]);
    const mail = await readFile(join(folder.path, 'data/mail', String(mails[0])), 'utf8');
    written.push(/^To: (.*)\r$/m.exec(mail)?.[1] ?? '');
    expect(mail).toContain('<bestellung@xn--mnchen-3ya.example>\r\n');
  }
  expect(written).toEqual(['käufer@münchen.example', 'a@xn--mnchen-3ya.example', 'team/eu@x.example']);
  expect(await server.stop()).toBe(0);
});

test('a start with a sender that is no address ends with one line that says why', async () => {
  const { code, output } = await runCommand(['serve'], folder.path, {
    ...quick,
    PORT: '0',
    MAIL_FROM: 'Shop <orders>',
  });
  expect(code).toBe(2);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toContain('MAIL_FROM="Shop <orders>" is not usable: it must be an e-mail address, such as');
});
