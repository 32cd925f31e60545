// Under which names the file mailer keeps the notices of an order (src/shop/mail-names.ts).
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFileMailer } from '../../src/services/mailer-files.ts';
import { readMailName, toMailName } from '../../src/shop/mail-names.ts';
import { createFakeClock } from '../fake-clock.ts';
import { allNotices, from, orderId, send as sendBy, toRefund } from './smtp/notices.ts';

const open = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mail-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const box = join(directory, 'box');
  const mailer = await createFileMailer({ directory: box, from, delayMs: 0, clock: createFakeClock() });
  const send = (command: (typeof allNotices)[number]) => sendBy(mailer, command);
  return { directory, files: () => readdir(box), send };
};

describe('the file of a notice', () => {
  it('is another one for each notice and each refund of an order, and the same for a repeat', async () => {
    const { send, files } = await open();
    for (const command of [...allNotices, ...allNotices]) await send(command);
    expect((await files()).sort()).toEqual(
      [
        ...[
          'cancellation',
          'confirmation',
          'failure',
          'payment-action',
          'refund.refund-1',
          'refund.refund-2',
        ],
      ].map((kind) => `${orderId}-${kind}.eml`),
    );
  });

  it.each(['../../etc/passwd', 'A', 'a.b', 'a/b', 'ä', '\u0000', 'x'.repeat(65)])(
    'is a safe one for refund %j, and no other refund has it',
    async (refundId) => {
      const { send, files, directory } = await open();
      await send(toRefund(refundId));
      await send(
        toRefund(refundId.toLowerCase() === refundId ? refundId.toUpperCase() : refundId.toLowerCase()),
      );
      await send(toRefund('a'));
      const names = await files();
      expect(names).toHaveLength(refundId === 'A' || refundId === '\u0000' ? 2 : 3);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[\w-]+-refund(\.[a-z0-9-]+|_[0-9a-f]{64})\.eml$/);
      expect(await readdir(directory)).toEqual(['box']);
    },
  );
});

it('the name of a file says whose notice it is, and of which kind', () => {
  expect(allNotices.map((command) => readMailName(toMailName(command)))).toEqual(
    ['confirmation', 'failure', 'cancellation', 'refund.refund-1', 'refund.refund-2', 'payment-action'].map(
      (kind) => ({ orderId, kind }),
    ),
  );
  for (const other of [
    'a.eml',
    'a-refund.eml',
    'a-refund.B.eml',
    'a-thanks.eml',
    '.a-failure.eml.unfinished',
  ]) {
    expect(readMailName(other)).toBeUndefined();
  }
});
