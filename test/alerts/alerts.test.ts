import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { makeFolder, startServer } from '../e2e/server.ts';
import { checkExpression } from './check-expression.ts';
import { type Offered, readExposition } from './exposition.ts';

const read = (path: string) => readFile(resolve(import.meta.dirname, '../../docs', path), 'utf8');
const rulesFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Orderchart\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboard = z.object({
  title: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(
    z.object({
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).min(1),
    }),
  ),
});
const rules = rulesFile
  .parse(parse(await read('alerts/orderchart.rules.yml')))
  .groups.flatMap((group) => group.rules);
const { panels, templating } = dashboard.parse(JSON.parse(await read('alerts/orderchart.dashboard.json')));
const targets = panels.flatMap(({ title, targets: each }) => each.map((target) => ({ title, ...target })));

let offered: Offered;
let folder: Awaited<ReturnType<typeof makeFolder>>;

/** A service in which everything happened once that can be brought about: orders of every outcome, failed calls, retries. */
beforeAll(async () => {
  folder = await makeFolder();
  const environment = {
    ...{ PAYMENT_DELAY_MS: '1', MAIL_DELAY_MS: '1', LOG_LEVEL: 'fatal', SEED: 'alerts' },
    ...{ PAYMENT_ERROR_RATE: '0.4', PAYMENT_DECLINE_RATE: '0.3', RETRY_FIRST_DELAY_MS: '5' },
  };
  const server = await startServer(folder.path, environment);
  const order = async (key: string, body: object = sampleBody) =>
    (await post(`${server.url}/orders`, body, key)).body.id;
  const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => order(`k${index}`)));
  const tooMany = { ...sampleBody, items: [{ productId: 'product-1', quantity: 9999 }] };
  ids.push(await order('too-many', tooMany));
  const cancelled = await order('cancelled');
  await post(`${server.url}/orders/${cancelled}/cancel`, {});
  for (const id of ids)
    await until(
      () => ask(`${server.url}/orders/${id}`),
      ({ body }) => body.settled,
    );
  offered = readExposition(await (await fetch(`${server.url}/metrics`)).text());
  await server.stop();
});
afterAll(() => folder.remove());

test.each(rules)('$alert asks for figures that the service has', ({ expr, annotations }) => {
  const { problems, labels } = checkExpression(expr, offered);
  expect(problems).toEqual([]);
  for (const text of Object.values(annotations)) {
    for (const [, label = ''] of text.matchAll(/\$labels\.(\w+)/g)) expect([...labels]).toContain(label);
  }
});

test.each(targets)(
  'the panel "$title" asks for figures that the service has: $expr',
  ({ expr, legendFormat }) => {
    const { problems, labels } = checkExpression(expr, offered);
    expect(problems).toEqual([]);
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      expect([...labels]).toContain(label);
  },
);

test('the panels lie side by side, and ask the data source that is chosen', () => {
  expect(templating.list).toEqual([expect.objectContaining({ name: 'datasource', type: 'datasource' })]);
  const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
  );
  expect(new Set(places).size).toBe(places.length);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});

test('there is an alert for everything that an operator has to know of, each with its own name', () => {
  const names = rules.map(({ alert }) => alert.replace('Orderchart', ''));
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['OrdersStuck', 'IncidentRate', 'IncidentsOpen', 'DeadlinesOverdue', 'ProviderInTrouble', 'DiskLow'],
      ...['NotReady', 'ClockJumped', 'OrdersUnreadable', 'SloMissed'],
    ]),
  );
});

test('docs/production.md says of every alert what to do', async () => {
  const page = await read('production.md');
  for (const { alert } of rules) expect(page).toContain(`\`${alert}\``);
});

test.each([
  ['orderchart_nothing > 0', 'there is no metric orderchart_nothing'],
  ['orderchart_orders{colour="red"}', 'orderchart_orders has no label colour'],
  ['orderchart_orders_parked{why="bored"}', 'orderchart_orders_parked is never why="bored"'],
  ['sum by (colour) (orderchart_orders)', 'no metric in it has the label colour'],
  ['sum((orderchart_orders)', 'a mistake at 23'],
  ['1 > 0', 'it asks for no metric'],
])('a wrong expression is found: %s', (expression, problem) => {
  expect(checkExpression(expression, offered).problems).toEqual([problem]);
});
