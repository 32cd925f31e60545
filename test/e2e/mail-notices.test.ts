// Every notice of an order, from the charts to the mails that its customer gets: whole services with files or a real mail
// server, and the doctor on what they leave.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { Message } from '../../machines/messages.ts';
import { createOrderchart, examineStore, readSettings } from '../../src/main.ts';
import { sample } from '../hosts/harness.ts';
import { startMailServer } from '../services/smtp/server.ts';
import { makeFolder } from './server.ts';

const german = { ...sample, email: 'ada@example.com', locale: 'de' };

/** A shop with a store, a bank and mails of its own, in which payments wait until they are captured. */
const openShop = async (given: Readonly<Record<string, string>> = {}) => {
  const folder = await makeFolder();
  onTestFinished(() => folder.remove());
  const files = { store: join(folder.path, 'orders.db'), mail: join(folder.path, 'mail') };
  const settings = readSettings({
    ...{ DATABASE_URL: `sqlite:${files.store}`, PAYMENT_LEDGER: join(folder.path, 'gateway.jsonl') },
    ...{ MAIL_DIR: files.mail, MAIL_FROM: 'Shop <orders@shop.example>', MAIL_DELAY_MS: '0' },
    ...{ PAYMENT_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', PAYMENT_CAPTURE: 'later', ...given },
  });
  const shop = await createOrderchart(settings, { logger: pino({ level: 'silent' }) });
  const product = { currency: 'USD', onHand: 10 };
  await shop.catalogue.seedProducts(
    [
      { ...product, productId: 'product-1', name: 'Widget', unitPrice: 5000 },
      { ...product, productId: 'product-2', name: 'Gadget', unitPrice: 7500 },
    ],
    Date.now(),
  );
  const untilState = async (orderId: string, state: string): Promise<void> => {
    for await (const _ of shop.host.watch({ orderId, after: 0, signal: AbortSignal.timeout(20_000) })) {
      if ((await shop.host.get(orderId))?.actors['order']?.state === state) return;
    }
  };
  const move = async (orderId: string, message: Message): Promise<void> => {
    await shop.host.send({ orderId, to: 'order', message, otherwise: 'refuse' });
    await shop.host.waitUntilSettled(orderId, 20_000);
  };
  return { ...shop, files, untilState, move };
};
type Shop = Awaited<ReturnType<typeof openShop>>;

/** One order that is cancelled, and one that is paid and refunded twice, line by line. */
const runOrders = async ({ host, untilState, move }: Shop) => {
  const cancelled = '01900000-0000-7000-8000-000000000001';
  const refunded = '01900000-0000-7000-8000-000000000002';
  for (const orderId of [cancelled, refunded]) {
    await host.place({ ...german, orderId });
    await untilState(orderId, 'paying.authorized');
  }
  await move(cancelled, { type: 'order.cancel', reason: 'suspected of fraud' });
  await move(refunded, { type: 'order.capture' });
  const refund = { type: 'order.refund', reason: 'it was broken' } as const;
  const widget = { productId: 'product-1', quantity: 1, restock: true };
  await move(refunded, { ...refund, refundId: 'first', lines: [widget] });
  const rest = [widget, { productId: 'product-2', quantity: 1, restock: false }];
  await move(refunded, { ...refund, refundId: 'second', lines: rest });
  return { cancelled, refunded };
};

test('a cancelled order and one refunded twice by line have each mail once, and the doctor agrees', async () => {
  const shop = await openShop();
  const { cancelled, refunded } = await runOrders(shop);
  await shop.close();
  const { files } = shop;
  expect((await readdir(files.mail)).sort()).toEqual([
    `${cancelled}-cancellation.eml`,
    `${refunded}-confirmation.eml`,
    `${refunded}-refund.first.eml`,
    `${refunded}-refund.second.eml`,
  ]);
  const second = await simpleParser(await readFile(join(files.mail, `${refunded}-refund.second.eml`)));
  expect(second.subject).toBe(`Erstattung zu Ihrer Bestellung ${refunded}`);
  expect(second.text).toContain('Wir haben Ihnen 125,00\u00a0$');
  expect(second.text).toContain('- 1 × \u2068Widget\u2069\n- 1 × \u2068Gadget\u2069\n');
  const { violations, checks } = await examineStore({ address: files.store, mailDirectory: files.mail });
  expect(violations).toBe(0);
  const byName = new Map(checks.map((check) => [check.invariant, check]));
  expect(byName.get('mailsMatchNotices')).toMatchObject({ checked: 8 });
}, 60_000);

test('a mail server gets each notice once, in the customer’s language, and again under the same Message-ID', async () => {
  const mail = await startMailServer();
  onTestFinished(mail.close);
  const url = `smtp://127.0.0.1:${mail.port}`;
  const shop = await openShop({ SMTP_URL: url, RETRY_FIRST_DELAY_MS: '10' });
  mail.fail({ afterData: 'reset' });
  const { cancelled, refunded } = await runOrders(shop);
  await shop.close();
  const ids = mail.received.map((each) => each.mail.messageId);
  const kinds = [`${cancelled}.cancellation.1`, `${cancelled}.cancellation.1`, `${refunded}.confirmation.1`];
  expect(ids).toEqual(
    [...kinds, `${refunded}.refund-notice.first`, `${refunded}.refund-notice.second`].map(
      (kind) => `<${kind}@shop.example>`,
    ),
  );
  expect(new Set(mail.received.map((each) => each.mail.subject))).toEqual(
    new Set([
      `Ihre Bestellung ${cancelled} ist storniert`,
      `Ihre Bestellung ${refunded} ist bestätigt`,
      `Erstattung zu Ihrer Bestellung ${refunded}`,
    ]),
  );
  expect(JSON.stringify(mail.received)).not.toContain('fraud');
}, 60_000);
