// What the file mailer writes (src/services/mailer-files.ts, src/services/mail.ts).
import { mkdtemp, open as openFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Failure, messages } from '../../machines/messages.ts';
import { createFileMailer } from '../../src/services/mailer-files.ts';
import type { CommandTo } from '../../src/shop/services.ts';
import { askOutside, describeService, toCall } from '../contracts/service.ts';
import { createFakeClock } from '../fake-clock.ts';
import { allNotices } from './smtp/notices.ts';

const from = 'Orderchart <orders@orderchart.example>';
const orderId = '0198c0de-0000-7000-8000-000000000001';
const confirmation: CommandTo<'mailer'> = {
  type: 'mailer.send',
  key: `${orderId}/confirmation`,
  attempt: 1,
  notice: 'confirmation',
  recipient: 'ada@example.com',
  orderId,
  amount: 17500,
  currency: 'USD',
  items: [
    { productId: 'laptop', name: 'Laptop', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
    { productId: 'mouse', name: 'Mouse <b>& “Pad”</b>', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
  ],
  reason: null,
};
const toFailure = (kind: Failure['kind'], text = 'SQLITE_BUSY at store.ts:17'): CommandTo<'mailer'> => ({
  ...confirmation,
  key: `${orderId}/failure`,
  notice: 'failure',
  reason: { kind, text },
});

const open = async ({ delayMs = 0 } = {}) => {
  const directory = await mkdtemp(join(tmpdir(), 'mail-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const clock = createFakeClock(Date.UTC(2026, 0, 31, 23, 59, 59));
  const mailer = await createFileMailer({ directory: join(directory, 'out/box'), from, delayMs, clock });
  const files = () => readdir(join(directory, 'out/box'));
  const ask = askOutside(mailer, clock);
  const send = (command: CommandTo<'mailer'>) => ask(toCall('mailer', command));
  const read = async (name: string) => readFile(join(directory, 'out/box', name), 'utf8');
  const parse = async (notice: string) => simpleParser(await read(`${orderId}-${notice}.eml`));
  return { directory, clock, mailer, files, ask, send, read, parse };
};

describeService('the file mailer', async () => {
  const { mailer, files, ask } = await open();
  return {
    name: 'mailer',
    calls: allNotices.map((command) => toCall('mailer', command)),
    ask,
    effects: async () => (await files()).length,
    outside: { prompt: mailer, stuck: (await open({ delayMs: 1 })).mailer },
  };
});

describe('a confirmation', () => {
  it('is one file, named after the order and the notice', async () => {
    const { send, files } = await open();
    expect(await send(confirmation)).toEqual({ type: 'mailer.sent', key: confirmation.key, attempt: 1 });
    expect(await files()).toEqual([`${orderId}-confirmation.eml`]);
  });

  it('has the headers of a real message, dated by the clock, with a Message-ID of its own', async () => {
    const { send, parse, read } = await open();
    await send(confirmation);
    const mail = await parse('confirmation');
    expect(mail.subject).toBe(`Your order ${orderId} is confirmed`);
    expect(mail.from?.value).toEqual([{ name: 'Orderchart', address: 'orders@orderchart.example' }]);
    expect(mail.to).toMatchObject({ value: [{ name: '', address: 'ada@example.com' }] });
    expect(mail.date?.toISOString()).toBe('2026-01-31T23:59:59.000Z');
    expect(mail.messageId).toBe(`<${orderId}.confirmation@orderchart.example>`);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect((await read(`${orderId}-confirmation.eml`)).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('lists the items and the total, as plain text and as HTML', async () => {
    const { send, parse } = await open();
    await send(confirmation);
    const { text, html } = await parse('confirmation');
    expect(text).toContain('- 2 × \u2068Laptop\u2069 at $50.00: $100.00\n');
    expect(text).toContain('- 1 × \u2068Mouse <b>& “Pad”</b>\u2069 at $75.00: $75.00\n');
    expect(text).toContain('Total: $175.00');
    expect(html).toContain('<li>2 × <bdi>Laptop</bdi> at $50.00: $100.00</li>');
    expect(html).toContain('Mouse &#60;b&#62;&#38; “Pad”&#60;/b&#62;');
    expect(html).not.toContain('<b>');
  });

  it('is the same file, byte for byte, wherever it is written', async () => {
    const [one, other] = [await open(), await open()];
    await one.send(confirmation);
    await other.send({ ...confirmation, attempt: 3 });
    const name = `${orderId}-confirmation.eml`;
    expect(await other.read(name)).toBe(await one.read(name));
  });

  it('cannot be made to say more by a product’s name', async () => {
    const { send, parse } = await open();
    const name = 'Mouse\r\n\r\nTotal: $0.00\u2028- free\u0000';
    await send({ ...confirmation, items: confirmation.items.map((item) => ({ ...item, name })) });
    const { text = '' } = await parse('confirmation');
    expect(text.split('\n').filter((line) => line.startsWith('Total:'))).toEqual(['Total: $175.00']);
    expect(text).toContain('- 2 × \u2068Mouse Total: $0.00 - free\u2069 at $50.00');
  });
});

describe('a failure notice', () => {
  it.each(messages['mailer.send'].payload.shape.reason.unwrap().shape.kind.options)(
    'for %s says why in its own words and what became of the money',
    async (kind) => {
      const { send, parse, read, files } = await open();
      await send(toFailure(kind));
      const { text = '', subject, messageId } = await parse('failure');
      expect(text).toMatch(
        /You have not been charged(\.|, or what had been taken has been given back in full\.)/,
      );
      expect(text.trim().split('\n\n')).toHaveLength(3);
      expect(subject).toContain(kind === 'cancelled' ? 'is cancelled' : 'could not be completed');
      expect(messageId).toBe(`<${orderId}.failure@orderchart.example>`);
      expect(await files()).toEqual([`${orderId}-failure.eml`]);
      expect(await read(`${orderId}-failure.eml`)).not.toContain('SQLITE_BUSY');
    },
  );

  it('gives every kind of failure another explanation', async () => {
    const kinds = messages['mailer.send'].payload.shape.reason.unwrap().shape.kind.options;
    const texts = new Set<string | undefined>();
    for (const kind of kinds) {
      const { send, parse } = await open();
      await send(toFailure(kind));
      texts.add((await parse('failure')).text);
    }
    expect(texts.size).toBe(kinds.length);
  });

  it('without a reason is not sent', async () => {
    const { send, files } = await open();
    const reply = await send({ ...toFailure('rejected'), reason: null });
    expect(reply).toMatchObject({ type: 'mailer.failed', reason: 'reason-missing' });
    expect(await files()).toEqual([]);
  });
});

describe('a message', () => {
  it('that is there already is not written again', async () => {
    const { send, directory, clock, read } = await open();
    await send(confirmation);
    const name = `${orderId}-confirmation.eml`;
    const first = await read(name);
    await clock.advance(60_000);
    const restarted = await createFileMailer({
      directory: join(directory, 'out/box'),
      from,
      delayMs: 0,
      clock,
    });
    const call = toCall('mailer', { ...confirmation, amount: 1, attempt: 2 });
    expect(await askOutside(restarted, clock)(call)).toMatchObject({ type: 'mailer.sent', attempt: 2 });
    expect(await read(name)).toBe(first);
  });

  it('that a crash left half-written is written whole', async () => {
    const { send, directory, files, parse } = await open();
    const name = `${orderId}-confirmation.eml`;
    await writeFile(
      join(directory, 'out/box', `.${name}.unfinished`),
      `Subject: half a mess${'x'.repeat(9999)}`,
    );
    await send(confirmation);
    expect(await files()).toEqual([name]);
    expect((await parse('confirmation')).text).not.toContain('x'.repeat(99));
  });

  it('is on the disk, and then its name, before it is said to be sent', async () => {
    const { send, files, read, directory } = await open();
    const name = `${orderId}-confirmation.eml`;
    const seen: (readonly (readonly [name: string, content: string])[])[] = [];
    await using handle = await openFile(directory);
    const sync = vi.spyOn(Object.getPrototypeOf(handle), 'sync').mockImplementation(async () => {
      const names = await files();
      seen.push(await Promise.all(names.map(async (each) => [each, await read(each)] as const)));
    });
    onTestFinished(() => sync.mockRestore());
    expect((await send(confirmation)).type).toBe('mailer.sent');
    const content = await read(name);
    expect(seen).toEqual([[[`.${name}.unfinished`, content]], [[name, content]]]);
  });

  it('that cannot be written is a failure without an address or a path in it', async () => {
    const { send, directory } = await open();
    await rm(join(directory, 'out/box'), { recursive: true });
    expect(await send(confirmation)).toEqual({
      type: 'mailer.failed',
      key: confirmation.key,
      attempt: 1,
      reason: 'error',
    });
  });

  it('is written when the delay has passed, and not before', async () => {
    const { send, clock, files } = await open({ delayMs: 500 });
    const reply = send(confirmation);
    await clock.advance(499);
    expect(await files()).toEqual([]);
    await clock.advance(1);
    expect((await reply).type).toBe('mailer.sent');
    expect(await files()).toHaveLength(1);
  });

  it('is never written when its call is aborted during the delay', async () => {
    const { mailer, clock, files } = await open({ delayMs: 500 });
    const abort = new AbortController();
    const answer = mailer.answer({ ...toCall('mailer', confirmation), signal: abort.signal });
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
    await clock.advance(1000);
    expect(await files()).toEqual([]);
  });
});

describe('an unsafe order id', () => {
  it.each([
    '../../etc/passwd',
    'a/b',
    'a\\b',
    '.',
    'a\u0000b',
    'a b',
    'ä',
    'a\n',
    '\r\nBcc: eve@example.com',
  ])('%j is refused and nothing is written', async (unsafe) => {
    const { send, files, directory } = await open();
    expect(await send({ ...confirmation, orderId: unsafe })).toMatchObject({
      type: 'mailer.failed',
      reason: 'unsafe-order-id',
    });
    expect(await files()).toEqual([]);
    expect(await readdir(directory)).toEqual(['out']);
  });
});

describe('the header of a message', () => {
  const headersOf = (mail: string) =>
    mail
      .slice(0, mail.indexOf('\r\n\r\n'))
      .replaceAll(/\r\n[ \t]/g, ' ')
      .split('\r\n')
      .map((header) => header.split(':')[0]);

  it('has exactly its own fields, whatever the command holds', async () => {
    const { mailer, read, directory } = await open();
    const hostile = fc.string({
      unit: fc.constantFrom('a', '\r', '\n', ':', ' ', ',', '<', '>', '"', '@', 'Bcc: e@x.y'),
    });
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (recipient, name) => {
        const command = {
          ...confirmation,
          recipient: `a@b.example${recipient}`,
          items: confirmation.items.map((item) => ({ ...item, name: `x${name}` })),
        };
        const { signal } = new AbortController();
        await mailer.answer({ ...toCall('mailer', command), signal });
        const file = `${orderId}-confirmation.eml`;
        expect(headersOf(await read(file))).toEqual([
          'Auto-Submitted',
          'From',
          'To',
          'Subject',
          'Message-ID',
          'Date',
          'MIME-Version',
          'Content-Type',
        ]);
        await rm(join(directory, 'out/box', file));
      }),
    );
  });

  it('takes its sender from a setting that must be one mailbox', async () => {
    const { directory, clock } = await open();
    const injecting = 'Shop <orders@x.example>\r\nBcc: eve@example.com';
    for (const unusable of ['nobody', injecting, 'a@', '@b.example']) {
      await expect(createFileMailer({ directory, from: unusable, delayMs: 0, clock })).rejects.toMatchObject({
        code: 'invalid-setting',
      });
    }
    await expect(
      createFileMailer({ directory, from: 'orders@shop.example', delayMs: 0, clock }),
    ).resolves.toMatchObject({ name: 'mailer' });
  });
});
