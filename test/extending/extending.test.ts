// docs/extending.md, done as it says: the package is packed and installed in a project of its own, which has the files of the
// page and nothing else. The project is checked, run, killed, examined and tested.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ask, post, until } from '../e2e/client.ts';
import { launch, makeFolder, type Program } from '../e2e/server.ts';
import { type CourierDouble, startCourier } from './courier-double.ts';
import { checkTypes, installPackage, runIn, writeFilesOfPage } from './package.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let project: string;
let files: readonly string[];
let courier: CourierDouble;
let environment: Readonly<Record<string, string>>;
let typesChecked: ReturnType<typeof runIn>;
const running = new Set<Program>();

const manifestSchema = z.object({
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});
const readManifest = async (path: string) =>
  manifestSchema.parse(JSON.parse(await readFile(join(path, 'package.json'), 'utf8')));

const quick = {
  PORT: '0',
  LOG_LEVEL: 'warn',
  PAYMENT_DELAY_MS: '0',
  PAYMENT_DECLINE_RATE: '0',
  PAYMENT_ATTEMPTS: '3',
  MAIL_DELAY_MS: '0',
  RETRY_FIRST_DELAY_MS: '10',
};
const packagedShop = 'node_modules/orderchart/dist/src/main.js';

beforeAll(async () => {
  folder = await makeFolder();
  project = join(folder.path, 'our-shop');
  [courier] = await Promise.all([startCourier(), installPackage(project, join(folder.path, 'package'))]);
  files = await writeFilesOfPage('docs/extending.md', project);
  environment = { ...quick, COURIER_URL: courier.url, NODE_COMPILE_CACHE: join(folder.path, 'compiled') };
  // The types are checked meanwhile: the last test waits for that.
  typesChecked = runIn(project, checkTypes);
}, 60_000);

afterAll(async () => {
  for (const program of running) program.send('SIGKILL');
  await courier.close();
  await typesChecked;
  await folder.remove();
});

/** Starts a service of the project, and returns its address and how it is stopped. */
const serve = async (main: string, more: Readonly<Record<string, string>> = {}) => {
  const program = launch([process.execPath, main, 'serve'], project, { ...environment, ...more });
  running.add(program);
  const [, url = ''] = await program.untilPrinted(/listens on (http:\/\/\S+)/);
  const stop = async (signal: NodeJS.Signals) => {
    program.send(signal);
    await program.ended;
    running.delete(program);
  };
  return { url, stop };
};

const placeOrder = async (url: string, name: string): Promise<string> => {
  const items = [{ productId: 'product-3', quantity: 1 }];
  const email = `${name}@example.com`;
  const { body } = await post(`${url}/orders`, { customerId: name, email, currency: 'USD', items }, name);
  return body.id;
};
const untilOrder = (url: string, id: string, state: string) =>
  until(
    async () => (await ask(`${url}/orders/${id}`)).body,
    (order) => order.state === state && (state !== 'completed' || order.settled),
  );
/** The order as it would be after the deadline of its state `shipping`, as the inspector says. */
const whatIfOverdue = async (
  url: string,
  { id, version }: { readonly id: string; readonly version: number },
) => {
  const ask = async (hypotheticals: readonly unknown[]) =>
    (await post(`${url}/inspector/api/orders/${id}/what-if`, { version, hypotheticals })).body;
  const { possible } = await ask([]);
  const overdue = possible.find(({ label }: { label: string }) => label.includes('shipDeadline'));
  return (await ask([overdue.hypothetical])).points.at(-1).view;
};
const keyOf = (id: string) => `${id}/booking/1`;

test('an order that was placed by the shop without shipping waits, is migrated, and is shipped', async () => {
  const before = await serve(packagedShop, { PAYMENT_CAPTURE: 'later' });
  const waiting = await placeOrder(before.url, 'waiting');
  const done = await placeOrder(before.url, 'done');
  const cancelled = await placeOrder(before.url, 'cancelled');
  for (const id of [waiting, done, cancelled]) {
    await until(
      async () => (await ask(`${before.url}/orders/${id}`)).body,
      (order) => order.actors.order.state === 'paying.authorized',
    );
  }
  await post(`${before.url}/orders/${done}/capture`, {});
  await untilOrder(before.url, done, 'completed');
  await before.stop('SIGTERM');

  const migrate = ['node', 'main.ts', 'migrate', '--to', 'shipping-1', '--json'];
  const rehearsed = await runIn(project, [...migrate, '--dry-run'], environment);
  expect(JSON.parse(rehearsed.output)).toMatchObject({ dryRun: true, orders: 3 });
  const moved = await runIn(project, migrate, environment);
  expect(moved.code).toBe(1);
  expect(moved.output).toContain('its goods left as before: it ends on its own version');

  const after = await serve('main.ts');
  expect((await ask(`${after.url}/orders/${done}`)).body.chartVersion).not.toBe('shipping-1');
  expect((await ask(`${after.url}/orders/${waiting}`)).body).toMatchObject({
    chartVersion: 'shipping-1',
    actors: { shipping: { state: 'idle' } },
  });
  await post(`${after.url}/orders/${waiting}/capture`, {});
  await untilOrder(after.url, waiting, 'completed');
  await post(`${after.url}/orders/${cancelled}/cancel`, {});
  await untilOrder(after.url, cancelled, 'cancelled');
  expect(courier.asked.get(keyOf(waiting))).toBe(1);
  expect([done, cancelled].filter((id) => courier.asked.has(keyOf(id)))).toEqual([]);
  await after.stop('SIGTERM');
});

test('orders whose booking was under way when the service was killed are booked once and completed', async () => {
  const killed = await serve('main.ts');
  courier.stopAnswering();
  const ids = await Promise.all(['ada', 'bob', 'cem'].map((name) => placeOrder(killed.url, name)));
  await until(
    async () => ids.every((id) => courier.asked.has(keyOf(id))),
    (areAsked) => areAsked,
  );
  await untilOrder(killed.url, ids[0] ?? '', 'shipping');
  await killed.stop('SIGKILL');
  courier.answerAgain();

  const restarted = await serve('main.ts');
  for (const id of ids) {
    const order = await untilOrder(restarted.url, id, 'completed');
    expect(order.actors.shipping.state).toBe('booked');
    expect(courier.asked.get(keyOf(id))).toBe(2);
    const { body } = await ask(`${restarted.url}/orders/${id}/events`);
    const booked = body.events.filter(({ type }: { type: string }) => type === 'shipping.booked');
    expect(booked.map(({ data }: { data: unknown }) => data)).toEqual([
      { trackingCode: courier.bookings.get(keyOf(id)) },
    ]);
  }
  await restarted.stop('SIGTERM');
});

test('a courier that fails is asked again, and then is an incident that a person ends; a cancel comes too late', async () => {
  const { url, stop } = await serve('main.ts');
  courier.failFor('twice@example.com', 2);
  courier.failFor('always@example.com', 3);
  const [twice, always] = await Promise.all([placeOrder(url, 'twice'), placeOrder(url, 'always')]);
  await untilOrder(url, twice, 'completed');
  expect(courier.asked.get(keyOf(twice))).toBe(3);
  const stuck = await until(
    async () => (await ask(`${url}/orders/${always}`)).body,
    (order) => order.incidents.length > 0,
  );
  expect(stuck).toMatchObject({
    state: 'shipping',
    incidents: [{ actor: 'shipping', reason: 'courier-not-booked' }],
    moves: [
      { move: 'retry', actor: 'shipping' },
      { move: 'resolve', actor: 'shipping', outcomes: ['booked'] },
    ],
  });
  expect(await whatIfOverdue(url, stuck)).toMatchObject({
    incidents: [{ actor: 'order', reason: 'paid-but-not-shipped' }, { actor: 'shipping' }],
  });
  expect((await post(`${url}/orders/${always}/cancel`, {})).body).toMatchObject({
    status: 409,
    detail: expect.stringContaining('the order is being shipped'),
  });
  expect((await post(`${url}/orders/${always}/retry`, { actor: 'shipping' })).status).toBe(200);
  await untilOrder(url, always, 'completed');
  expect(courier.asked.get(keyOf(always))).toBe(4);

  const { body: feed } = await ask(`${url}/events?types=incident.opened,shipping.booked`);
  expect(feed.events.map(({ type }: { type: string }) => type)).toContain('incident.opened');
  expect((await ask(`${url}/schemas/shipping.booked/1`)).body).toMatchObject({ required: ['trackingCode'] });
  const { body: shown } = await ask(`${url}/inspector/api/application`);
  const named = (name: string) =>
    shown.charts.find(
      (chart: Record<string, unknown>) => chart['name'] === name && chart['version'] === 'shipping-1',
    );
  expect(named('shipping').nodes.map(({ path }: { path: string }) => path)).toContain(
    'booking.needsAttention',
  );
  expect(named('order').edges.map(({ id }: { id: string }) => id)).toContain('shipping>notifying');
  await stop('SIGTERM');
});

test('everything holds for the doctor, with the money and the mails', async () => {
  const words = ['node', 'main.ts', 'doctor', '--json', '--gateway-ledger', 'data/gateway.jsonl'];
  const { code, output } = await runIn(project, [...words, '--mail-dir', 'data/mail'], environment);
  expect(code, output).toBe(0);
  expect(JSON.parse(output)).toMatchObject({ orders: 8, violations: 0 });
  expect(new Set(courier.bookings.values()).size).toBe(6);
});

test("the page's own test covers the shipping chart", async () => {
  const { code, output } = await runIn(project, ['node', '--test']);
  expect(code, output).toBe(0);
  expect(output).toContain('pass 1');
});

test('a simulation, which knows the shop as it is shipped, is refused with what to use instead', async () => {
  const words = ['node', 'main.ts', 'simulate', '--seed', '1'];
  const { code, errors } = await runIn(project, words, environment);
  expect(code).toBe(2);
  expect(errors).toContain('orderchart/testing');
});

test('the project of the page pins what the package is built with', async () => {
  const ours = await readManifest('.');
  const theirs = await readManifest(project);
  const versions = { ...ours.dependencies, ...ours.devDependencies, orderchart: ours.version };
  expect(versions).toMatchObject({ ...theirs.dependencies, ...theirs.devDependencies });
});

test('the page has eight files at most, and they fit the types of the packed package', async () => {
  expect(files.length).toBeLessThanOrEqual(8);
  expect(files).toContain('application.ts');
  expect(await typesChecked).toEqual({ code: 0, output: '', errors: '' });
});
