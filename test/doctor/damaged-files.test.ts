// The checks of the file itself and of the mail folder find what they should: each in a copy of a healthy store that was
// damaged by hand.
import { cpSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { addEvent, type Damage, describeDamage, findingsOf, unkeyed, useHealthyStore } from './damage.ts';
import { damage, examineFiles, listFindings, makeFolder, violated } from './doctored-store.ts';

const healthy = useHealthyStore();

const storage: readonly Damage[] = [
  ['storageIntact', 'the schema', 'the index orders_waking is missing', 'DROP INDEX orders_waking'],
  [
    ...(['storageIntact', 'the journal', 'and the one before it ends at'] as const),
    'UPDATE history SET position = position + 1 WHERE position = (SELECT max(position) FROM history)',
  ],
  ['storageIntact', 'the schema', 'the table calls is not as this version makes it', unkeyed('calls')],
  ['storageIntact', 'the schema', 'the table products is not as this version makes it', unkeyed('products')],
  [
    'storageIntact',
    'good-1',
    'it could not be examined to the end',
    unkeyed('shares'),
    "UPDATE shares SET quantity = 'many' WHERE order_id = 'good-1'",
  ],
  [
    'storageIntact',
    'the references between tables',
    '1 rows of shares refer to rows of products',
    "INSERT INTO shares VALUES ('good-1', 'ghost', 1)",
  ],
];

describeDamage('the file', healthy, storage);

it('a broken page is a violation, and what can be read is examined all the same', async () => {
  const broken = damage(healthy());
  const connection = new DatabaseSync(broken.store, { readOnly: true });
  const found = connection.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'products'").get();
  const size = connection.prepare('PRAGMA page_size').get();
  connection.close();
  const bytes = readFileSync(broken.store);
  const page = (Number(found?.['rootpage']) - 1) * Number(size?.['page_size']);
  writeFileSync(broken.store, bytes.fill(0xff, page, page + 100));
  const report = await examineFiles(broken);
  expect(report.orders).toBe(18);
  expect(violated(report)).toMatchObject([{ invariant: 'storageIntact' }]);
  expect(listFindings(report)).toEqual([
    expect.stringContaining('the table products'),
    expect.stringContaining('the references between tables'),
    expect.stringContaining('the tables could not be examined to the end'),
  ]);
  expect(report.checks.find(({ invariant }) => invariant === 'keyHasOneAnswer')).toMatchObject({
    checked: 16,
  });
});

describe('the mail folder', () => {
  it.each([
    ['good-1', 'its confirmation was sent, and is not in the folder', 'good-1-confirmation.eml', undefined],
    ['declined-1', 'it was never paid', undefined, 'declined-1-confirmation.eml'],
    ['good-1', 'it did not fail', undefined, 'good-1-failure.eml'],
    ['good-1', 'it was not cancelled', undefined, 'good-1-cancellation.eml'],
    ['good-1', 'there was no such refund', undefined, 'good-1-refund.a.eml'],
    ['good-1', 'its bank asked for no confirmation', undefined, 'good-1-payment-action.eml'],
    ['good-part', 'its refund.a was sent, and is not in the folder', 'good-part-refund.a.eml', undefined],
    ['good-part', 'there was no such refund', undefined, 'good-part-refund.b.eml'],
    ['good-voided', 'its cancellation was sent, and is not', 'good-voided-cancellation.eml', undefined],
    [
      'good-voided',
      'its failure is in the folder, and it did not fail',
      undefined,
      'good-voided-failure.eml',
    ],
  ])('that does not agree with %s is a violation: %s', async (about, problem, less, more) => {
    const mail = makeFolder();
    cpSync(healthy().mail, mail, { recursive: true });
    if (less) rmSync(join(mail, less));
    if (more) writeFileSync(join(mail, more), 'Dear customer');
    expect(await findingsOf({ ...healthy(), mail }, 'mailsMatchNotices', about)).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it('lacks no mail that a person has sent otherwise, and lacks any other of that order', async () => {
    const mail = makeFolder();
    cpSync(healthy().mail, mail, { recursive: true });
    expect(readdirSync(mail)).not.toContain('unheard-resolved-confirmation.eml');
    expect(await findingsOf({ ...healthy(), mail }, 'mailsMatchNotices', 'unheard-resolved')).toEqual([]);
    const refunded = {
      type: "'order.refund-notice-sent'",
      data: `'{"refundId":"a"}'`,
      causation_id: "'other'",
    };
    const damaged = damage(healthy(), addEvent('unheard-resolved', 'order.confirmation-sent', refunded));
    expect(await findingsOf({ ...damaged, mail }, 'mailsMatchNotices', 'unheard-resolved')).toEqual([
      expect.stringContaining('its refund.a was sent, and is not in the folder'),
    ]);
  });

  it('a mail that was written after the picture was taken is no violation', async () => {
    const mail = makeFolder();
    cpSync(healthy().mail, mail, { recursive: true });
    const path = join(mail, 'good-1-failure.eml');
    writeFileSync(path, 'Dear customer');
    utimesSync(path, new Date('2031-01-01'), new Date('2031-01-01'));
    expect(await examineFiles({ ...healthy(), mail })).toMatchObject({ violations: 0 });
  });
});
