// A store that a newer release wrote to, as this one finds it: what a start says, and what it shows of orders that it
// cannot read.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pack } from '../../src/stores/packing.ts';
import { systemIn } from '../../src/stores/rows.ts';
import { EventReader } from '../api/connections.ts';
import { ask, post } from './client.ts';
import { makeFolder, runCommand, startServer } from './server.ts';

const sample = '01900000-0000-7000-8000-000000000175';
const quick = { PAYMENT_DELAY_MS: '20', MAIL_DELAY_MS: '10', LOG_LEVEL: 'silent' };
let folder: Awaited<ReturnType<typeof makeFolder>>;

/** The stored order as a release with chart version 9 would have written it. */
const moveToVersion9 = (): void => {
  using store = new DatabaseSync(join(folder.path, 'data/orderchart.db'));
  const row = store.prepare('SELECT * FROM orders').get() ?? {};
  const system = systemIn(row).replace(/"charts":"[^"]+"/, '"charts":"9"');
  store
    .prepare("UPDATE orders SET chart_version = '9', packed = ?")
    .run(pack(String(row['order_id']), system));
};

beforeEach(async () => {
  folder = await makeFolder();
  const server = await startServer(folder.path, quick, 'start');
  await server.untilPrinted(/The order is completed/);
  await server.stop();
  moveToVersion9();
});
afterEach(() => folder.remove());

test('a start is refused with one line that counts the orders and says what to do', async () => {
  const { code, output } = await runCommand(['serve'], folder.path, { PORT: '0', ...quick });
  expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(output).toMatch(/1 stored order is on .*: 1 on version 9 \(it has 2, 1\).*--leave-unreadable/);
});

test('with --leave-unreadable it starts, shows what the row knows, and counts the order', async () => {
  const server = await startServer(folder.path, quick, ['serve', '--leave-unreadable']);
  await server.untilPrinted(/Stored orders: 1 on chart version 9/);
  expect(server.output()).toContain('1 open incidents');
  expect(await ask(`${server.url}/readyz`)).toMatchObject({
    status: 200,
    body: { ready: true, reason: null, unreadable: 1 },
  });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('orderchart_orders_by_chart_version{chart_version="9"} 1');
  expect(metrics).toContain('orderchart_orders_unreadable{chart_version="9"} 1');
  const { body } = await ask(`${server.url}/incidents`);
  expect(body.incidents).toMatchObject([
    { orderId: sample, state: 'completed', reason: 'unreadable', text: expect.stringContaining('version 9') },
  ]);
  const { body: order } = await ask(`${server.url}/orders/${sample}`);
  expect(Object.keys(order).toSorted()).toEqual([
    ...['chartVersion', 'createdAt', 'customerId', 'id', 'incidents', 'links', 'moves', 'settled', 'state'],
    ...['unreadable', 'updatedAt', 'version'],
  ]);
  expect(order).toMatchObject({ customerId: 'customer-123', state: 'completed', settled: true });
  const { body: explained } = await ask(`${server.url}/orders/${sample}/explain`);
  expect(explained.summary).toMatch(/^Unreadable: .*chart version 9/);
  const { body: inspected } = await ask(`${server.url}/inspector/api/incidents`);
  expect(inspected.orders).toMatchObject([
    { id: sample, state: 'completed', owner: 'customer-123', details: [] },
  ]);
  const page = await EventReader.open(`${server.url}/inspector/api/orders/${sample}/live`);
  const [broken] = await page.take(1);
  expect(broken?.event).toBe('broken');
  expect(broken?.data).toMatch(
    /version 9.*customer customer-123, state completed, chart version 9, placed 2/,
  );
  expect(
    (await post(`${server.url}/inspector/api/preview`, { orderIds: [sample], move: 'cancel' })).body,
  ).toMatchObject({ previewed: [{ orderId: sample, refusal: expect.stringContaining('version 9') }] });
  expect(await server.stop()).toBe(0);
});
