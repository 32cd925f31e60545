// `orderchart rehearse` as a person runs it, over a database of version 1, beside a service and without one.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, runCommand, startServer } from '../e2e/server.ts';
import { addOrders, readRows, to } from '../migration/version-1-store.ts';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await makeFolder());
});
afterEach(() => remove());
const rehearse = (...words: readonly string[]) => runCommand(['rehearse', '--to', to, ...words], folder);

test('orders of version 1 do the same on the newest version: it ends with 0, and changes no row', async () => {
  await addOrders(folder, { completed: 3, paying: 1 });
  const before = readRows(folder);
  const { code, output } = await rehearse();
  expect(output).toMatch(/^4 orders with \d+ messages replayed on version 2: nothing differs\.$/m);
  expect({ code, rows: readRows(folder) }).toEqual({ code: 0, rows: before });
});

test('a history that the charts do not lead to is listed with its orders and messages, and ends with 1', async () => {
  const [first = ''] = await addOrders(folder, { completed: 3 });
  const connection = new DatabaseSync(join(folder, 'data/orderchart.db'));
  connection.prepare("UPDATE orders SET state = 'paying' WHERE order_id = ?").run(first);
  connection.close();
  const { code, output } = await rehearse();
  expect(output).toContain(`1 order: its state then paying / now completed\n    ${first} at the end\n`);
  expect(output).toContain('replayed on version 2: 2 the same, 1 different.');
  expect(code).toBe(1);
  const { output: json } = await rehearse('--json');
  expect(JSON.parse(json)).toMatchObject({
    ...{ orders: 3, same: 2, to },
    groups: [{ count: 1, examples: [{ orderId: first, message: null }] }],
  });
  // The damaged order is the oldest one.
  expect(await rehearse('--last', '2')).toMatchObject({ code: 0 });
});

test('only orders on the version of --from are replayed, also beside a running service', async () => {
  await addOrders(folder, { completed: 2 });
  const server = await startServer(folder, { LOG_LEVEL: 'warn' });
  expect((await rehearse('--from', '1')).output).toMatch(/^2 orders/m);
  expect((await rehearse('--from', to)).output).toMatch(/^0 orders/m);
  expect(await server.stop()).toBe(0);
});

test.each([
  [['--to', '9'], 'There is no chart version 9; there are 1, 2.'],
  [['--from', '9'], 'There is no chart version 9'],
  [['--last', '0'], 'Invalid --last=0: it must be a whole number from 1'],
  [['--to', ''], 'Invalid --to: name the chart version to try'],
  [['--database-url', 'sqlite:nothing.db'], 'there is no such file'],
  [['--sample', '1'], "Unknown option '--sample'"],
])('%j is refused with 2 and one clear line', async (words, text) => {
  await addOrders(folder, {});
  const { code, output } = await rehearse(...words);
  expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(text) });
  expect(output.trim().split('\n')).toHaveLength(1);
});
