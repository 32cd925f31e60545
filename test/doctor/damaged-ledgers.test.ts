// Every check against the gateway's ledger finds what it should: a healthy store beside a ledger that was edited by
// hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import {
  examineFiles,
  type Files,
  filesIn,
  fill,
  type Line,
  listFindings,
  makeFolder,
  readLines,
  withLines,
} from './doctored-store.ts';

let healthy: Files;
beforeAll(async () => {
  healthy = filesIn(makeFolder());
  await fill(healthy);
}, 60_000);

const charge: Line = {
  at: '2026-01-01T12:00:00.000Z',
  key: 'good-1/charge/1',
  orderId: 'good-1',
  operation: 'charge',
  amount: 17_500,
  currency: 'USD',
  result: 'charged',
  transactionId: 'one-more',
};
const change = (orderId: string, result: string, by: Line) => (lines: readonly Line[]) =>
  lines.map((line) => (line['orderId'] === orderId && line['result'] === result ? { ...line, ...by } : line));
const add = (by: Line) => (lines: readonly Line[]) => [...lines, { ...charge, ...by }];
const drop = (orderId: string, result: string) => (lines: readonly Line[]) =>
  lines.filter((line) => line['orderId'] !== orderId || line['result'] !== result);

it.each([
  ['chargedOnce', 'good-1', '35000 of 17500 is taken, 2 charges stand', add({})],
  [
    'chargedOnce',
    'good-authorized',
    '0 of 5000 is taken, 2 charges stand',
    add({ orderId: 'good-authorized', result: 'authorized', amount: 5000 }),
  ],
  ['decidedBeforeDone', 'good-1', 'key good-1/charge/9) was never decided', add({ key: 'good-1/charge/9' })],
  ['decidedBeforeDone', 'nobody-1', 'is for an order that does not exist', add({ orderId: 'nobody-1' })],
  [
    'decidedBeforeDone',
    'good-1',
    'was done before it was decided',
    change('good-1', 'charged', { at: '2025-12-31T23:00:00.000Z' }),
  ],
  ['chargeNumbers', 'good-1', 'uses the key good-1/charge/1 again', add({})],
  ['amountsRight', 'good-1', 'is charged 1 USD', change('good-1', 'charged', { amount: 1 })],
  ['amountsRight', 'good-part', 'is refunded 1000 EUR', change('good-part', 'refunded', { currency: 'EUR' })],
  ['amountsRight', 'good-part', 'is refunded 9000 USD', change('good-part', 'refunded', { amount: 9000 })],
  ['claimsProved', 'good-1', '(payment.completed 17500) is not in the ledger', drop('good-1', 'charged')],
  [
    'claimsProved',
    'good-authorized',
    '(payment.authorized 5000) is not in the ledger',
    drop('good-authorized', 'authorized'),
  ],
  [
    'claimsProved',
    'good-part',
    '(payment.refunded 1000) is not in the ledger',
    change('good-part', 'refunded', { key: 'x' }),
  ],
  ['claimsProved', 'good-voided', '(payment.cancelled ) is not in the ledger', drop('good-voided', 'voided')],
  [
    'ledgersAgree',
    'flaky-1',
    'the gateway 17500 and 0',
    add({ orderId: 'flaky-1', key: 'flaky-1/charge/1' }),
  ],
  ['ledgersAgree', 'good-full', 'the gateway 5000 and 0', drop('good-full', 'refunded')],
  [
    'ledgersAgree',
    'good-voided',
    'is an authorization that is neither captured nor voided',
    drop('good-voided', 'voided'),
  ],
] as const)('%s is violated by %s: %s', async (invariant, about, problem, edit) => {
  const findings = listFindings(await examineFiles(withLines(healthy, edit)));
  const ours = findings.filter((line) => line.startsWith(`${invariant} ${about} `));
  expect(ours).toContainEqual(expect.stringContaining(problem));
});

it('what the gateway did after the picture was taken is no violation', async () => {
  const after = '2031-01-01T00:00:00.000Z';
  const refund = { at: after, key: 'good-1/refund/new', result: 'refunded' };
  const edit = (lines: readonly Line[]) => add({ at: after, orderId: 'new-1' })(add(refund)(lines));
  expect(listFindings(await examineFiles(withLines(healthy, edit)))).toEqual([]);
});

it('a ledger as CSV says the same, and a quoted cell is one', async () => {
  const lines = readLines(healthy);
  const names = Object.keys(lines[0] ?? {});
  const rows = lines.map((line) => names.map((name) => `"${line[name] ?? ''}"`).join(','));
  const ledger = join(makeFolder(), 'gateway.csv');
  writeFileSync(ledger, [`\ufeff${names.join(',')}`, ...rows, ''].join('\r\n'));
  const report = await examineFiles({ ...healthy, ledger });
  expect(report).toEqual(await examineFiles(healthy));
});

it('a last line that is still being written is left alone, and any other is refused', async () => {
  const ledger = join(makeFolder(), 'gateway.jsonl');
  const text = readFileSync(healthy.ledger, 'utf8');
  writeFileSync(ledger, `${text}{"at":"2026`);
  expect(await examineFiles({ ...healthy, ledger })).toMatchObject({ violations: 0 });
  writeFileSync(ledger, `{"at":"2026\n${text}`);
  await expect(examineFiles({ ...healthy, ledger })).rejects.toMatchObject({
    code: 'invalid-setting',
    message: `Invalid --gateway-ledger=${ledger}: line 1 is not a ledger entry`,
  });
  writeFileSync(ledger, 'a,b\n1,2\n');
  await expect(examineFiles({ ...healthy, ledger })).rejects.toThrow('line 2 is not a ledger entry');
  await expect(examineFiles({ ...healthy, ledger: `${ledger}.gone` })).rejects.toThrow('no such file');
});
