// The checks of an order's history, of what it waits for, of the file and of the mail folder fail where they
// should: each in a copy of a healthy store that was spoilt by hand.
import { cpSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  addEvent,
  copyRow,
  describeSpoilt,
  findingsOf,
  type Spoilt,
  setSystem,
  unkeyed,
  useHealthyStore,
} from './spoiling.ts';
import { examineFiles, listFindings, makeFolder, spoil, violated } from './store-files.ts';

const healthy = useHealthyStore();

const history: readonly Spoilt[] = [
  [
    'I23',
    'good-1',
    'its messages give another actors.payment.context.tries',
    setSystem('good-1', '$.actors.payment.context.tries', '7'),
  ],
  [
    'I23',
    'good-1',
    'event 1 (order.created) is stored with other data',
    "UPDATE events SET data = json_set(data, '$.amount', 1) WHERE order_id = 'good-1' AND seq = 1",
  ],
  [
    'I23',
    'good-1',
    'event 2 is order.failed, and should be order.validated',
    "UPDATE events SET type = 'order.failed' WHERE order_id = 'good-1' AND seq = 2",
  ],
  [
    'I23',
    'good-1',
    'event 2 (order.validated) is stored with another id, actor, cause or time',
    "UPDATE events SET at = at + 1 WHERE order_id = 'good-1' AND seq = 2",
  ],
  ['I23', 'good-1', 'comes from no message', addEvent('good-1', 'order.validated')],
  [
    'I23',
    'good-1',
    'is missing',
    "DELETE FROM events WHERE order_id = 'good-1' AND type = 'order.completed'",
  ],
  [
    'I23',
    'good-1',
    'is recorded as ignored, and would be applied',
    "UPDATE received SET disposition = 'ignored', reason = 'no' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'I23',
    'good-1',
    'is recorded with another version, id, actor or cause',
    "UPDATE received SET correlation_id = 'other' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'I23',
    'good-1',
    'answers a call that was not pending',
    "UPDATE received SET message_id = 'good-1/calls/9.9/reply' WHERE order_id = 'good-1' AND version = 2",
  ],
  ['I24', 'good-1', 'message 3 is missing', "DELETE FROM received WHERE order_id = 'good-1' AND version = 3"],
  [
    'I24',
    'good-1',
    'it has 6 messages and says version 7',
    "UPDATE orders SET version = 7 WHERE order_id = 'good-1'",
  ],
  ['I24', 'good-1', 'event 4 is missing', "DELETE FROM events WHERE order_id = 'good-1' AND seq = 4"],
  ['I24', 'good-1', 'events and says 99', "UPDATE orders SET last_seq = 99 WHERE order_id = 'good-1'"],
  [
    'I24',
    'good-1',
    'event 2 comes before event 1',
    "UPDATE events SET position = 9999 WHERE order_id = 'good-1' AND seq = 1",
  ],
  ['I24', 'good-1', 'its system is of version 9', setSystem('good-1', '$.version', '9')],
  ['I24', 'good-1', 'there is no such order', "DELETE FROM orders WHERE order_id = 'good-1'"],
  [
    'I24',
    'good-1',
    'the data of message 2 is not a JSON object',
    "UPDATE received SET data = '{' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'I25',
    'good-1',
    'message 6 was taken before',
    unkeyed('received'),
    "UPDATE received SET message_id = (SELECT message_id FROM received WHERE order_id = 'good-1' AND version = 5) WHERE order_id = 'good-1' AND version = 6",
  ],
  [
    'I26',
    'good-1',
    'is lost',
    "UPDATE received SET disposition = 'lost' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'I26',
    'good-1',
    'was applied, and has a reason',
    "UPDATE received SET reason = 'because' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'I26',
    'good-2',
    'is ignored without a reason',
    "UPDATE received SET reason = NULL WHERE order_id = 'good-2' AND disposition = 'ignored'",
  ],
  [
    'I26',
    'good-1',
    'was set aside without an incident',
    "UPDATE received SET disposition = 'dead', reason = 'it broke' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'I26',
    'good-2',
    'is money, and was ignored',
    "UPDATE events SET type = 'payment.authorized' WHERE order_id = 'good-2' AND type = 'payment.completed'",
  ],
];

const waiting: readonly Spoilt[] = [
  ['I28', 'silent-moving', 'is waited for, and will not be made', 'DELETE FROM calls'],
  [
    'I28',
    'silent-moving',
    'nothing waits for it',
    copyRow('calls', 'true', { sequence: '99', call_id: "'more'" }),
  ],
  [
    'I28',
    'silent-moving',
    'is not as it was decided',
    "UPDATE calls SET command = json_set(command, '$.amount', 1)",
  ],
  ['I28', 'silent-moving', 'is not as it was decided', 'UPDATE calls SET key_first_used_at = 1'],
  [
    'I28',
    'silent-moving',
    'calls of an order that is not there',
    "DELETE FROM orders WHERE order_id = 'silent-moving'",
  ],
  [
    'I28',
    'silent-moving',
    'next deadline',
    "UPDATE orders SET wake_at = NULL WHERE order_id = 'silent-moving'",
  ],
  [
    'I28',
    'silent-moving',
    'next deadline',
    "UPDATE orders SET wake_at = wake_at + 1 WHERE order_id = 'silent-moving'",
  ],
  ['I28', 'good-1', 'the state in its row', "UPDATE orders SET state = 'failed' WHERE order_id = 'good-1'"],
  ['I28', 'good-1', 'the settled in its row', "UPDATE orders SET settled = 0 WHERE order_id = 'good-1'"],
  ['I28', 'good-1', 'the incident in its row', "UPDATE orders SET incident = 1 WHERE order_id = 'good-1'"],
  [
    'I28',
    'good-1',
    'the customer in its row',
    "UPDATE orders SET customer_id = 'me' WHERE order_id = 'good-1'",
  ],
  ['I28', 'good-1', 'the time of creation', "UPDATE orders SET created_at = 1 WHERE order_id = 'good-1'"],
  [
    'I28',
    'good-1',
    'the time of its last change',
    "UPDATE orders SET updated_at = 1 WHERE order_id = 'good-1'",
  ],
  ['I28', 'good-1', 'cannot be read', "UPDATE orders SET system = '{}' WHERE order_id = 'good-1'"],
  [
    'I29',
    'good-1',
    'it is settled and has 2 deadlines',
    `UPDATE orders SET system = json_set(system, '$.deadlines', (SELECT json_extract(system, '$.deadlines')
       FROM orders WHERE order_id = 'good-authorized')) WHERE order_id = 'good-1'`,
  ],
  [
    'I30',
    'flaky-1',
    'ms before it was due',
    "UPDATE received SET at = at - 5000 WHERE order_id = 'flaky-1' AND message_id LIKE '%/deadlines/%'",
  ],
  [
    'I30',
    'good-1',
    'rang although it was not set any more',
    "UPDATE received SET message_id = 'good-1/deadlines/6' WHERE order_id = 'good-1' AND version = 6",
  ],
  [
    'I31',
    'silent-moving',
    'nothing will move it',
    'DELETE FROM calls',
    setSystem('silent-moving', '$.calls', "json('{}')"),
    setSystem('silent-moving', '$.deadlines', "json('{}')"),
  ],
];

const storage: readonly Spoilt[] = [
  ['I35', 'the schema', 'the index orders_waking is missing', 'DROP INDEX orders_waking'],
  ['I35', 'the schema', 'the table received is not as this version makes it', unkeyed('received')],
  [
    'I35',
    'the references between tables',
    '1 rows of shares refer to rows of products',
    "INSERT INTO shares VALUES ('good-1', 'ghost', 1)",
  ],
];

describeSpoilt('history', healthy, history);
describeSpoilt('what is waited for', healthy, waiting);
describeSpoilt('the file', healthy, storage);

it('I35 is violated by a broken page, and what can be read is examined all the same', async () => {
  const broken = spoil(healthy());
  const connection = new DatabaseSync(broken.store, { readOnly: true });
  const found = connection.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'products'").get();
  const size = connection.prepare('PRAGMA page_size').get();
  connection.close();
  const bytes = readFileSync(broken.store);
  const page = (Number(found?.['rootpage']) - 1) * Number(size?.['page_size']);
  writeFileSync(broken.store, bytes.fill(0xff, page, page + 100));
  const report = await examineFiles(broken);
  expect(report.orders).toBe(18);
  expect(violated(report)).toMatchObject([{ invariant: 'I35' }]);
  expect(listFindings(report)).toEqual([
    expect.stringContaining('the table products'),
    expect.stringContaining('the references between tables'),
    expect.stringContaining('stock could not be examined to the end'),
  ]);
  expect(report.checks.find(({ invariant }) => invariant === 'I2')).toMatchObject({ checked: 16 });
});

describe('the mail folder', () => {
  it.each([
    ['good-1', 'its confirmation was sent, and is not in the folder', 'good-1-confirmation.eml', undefined],
    ['declined-1', 'it was never paid', undefined, 'declined-1-confirmation.eml'],
    ['good-1', 'it did not fail', undefined, 'good-1-failure.eml'],
  ])('I34 is violated by %s: %s', async (about, problem, less, more) => {
    const mail = makeFolder();
    cpSync(healthy().mail, mail, { recursive: true });
    if (less) rmSync(join(mail, less));
    if (more) writeFileSync(join(mail, more), 'Dear customer');
    expect(await findingsOf({ ...healthy(), mail }, 'I34', about)).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it('a mail that came after the picture was taken is not held against the store', async () => {
    const mail = makeFolder();
    cpSync(healthy().mail, mail, { recursive: true });
    const path = join(mail, 'good-1-failure.eml');
    writeFileSync(path, 'Dear customer');
    utimesSync(path, new Date('2031-01-01'), new Date('2031-01-01'));
    expect(await examineFiles({ ...healthy(), mail })).toMatchObject({ violations: 0 });
  });
});
