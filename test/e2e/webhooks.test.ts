// Webhooks out of a real process that is killed in between: none is lost, and each endpoint gets them in order.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, post, sampleBody, until } from './client.ts';
import { makeFolder, startServer } from './server.ts';

const quick = {
  ...{ LOG_LEVEL: 'warn', PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0' },
  WEBHOOK_ALLOW_PRIVATE: '1',
};
const positions: number[] = [];
let handle: (response: ServerResponse) => void = (response) => response.end();
const endpoint = createServer(async (request, response) => {
  positions.push(Number(JSON.parse(await text(request)).position));
  handle(response);
});
let folder: Awaited<ReturnType<typeof makeFolder>>;
let url: string;

beforeEach(async () => {
  folder = await makeFolder();
  await new Promise<void>((listening) => endpoint.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  endpoint.closeAllConnections();
  endpoint.close();
  await folder.remove();
});

test('kill -9 in the middle of deliveries loses none, three times', async () => {
  let server = await startServer(folder.path, quick);
  expect((await post(`${server.url}/webhooks`, { url })).status).toBe(201);
  for (const round of [1, 2, 3]) {
    for (const number of [1, 2, 3]) await post(`${server.url}/orders`, sampleBody, `${round}-${number}`);
    const begun = positions.length;
    await until(
      async () => positions.length,
      (length) => length >= begun + round,
    );
    await server.kill();
    server = await startServer(folder.path, quick);
  }
  await until(
    () => ask(`${server.url}/orders?settled=true`),
    ({ body }) => body.orders.length === 9,
  );
  const { body } = await ask(`${server.url}/events?limit=1000`);
  const all = body.events.map(({ position }: { position: string }) => Number(position));
  expect(all.length).toBeGreaterThan(80);
  await until(
    async () => new Set(positions).size,
    (size) => size === all.length,
  );
  expect([...new Set(positions)]).toEqual(all);
  // A repetition begins again where the store was, and goes on without a gap.
  for (const [index, position] of positions.entries()) {
    expect(position).toBeLessThanOrEqual((positions[index - 1] ?? 0) + 1);
  }
  expect(await server.stop()).toBe(0);
});

test('an endpoint that is waited for does not hold up the stop, and gets its event after the next start', async () => {
  const server = await startServer(folder.path, quick);
  const held: ServerResponse[] = [];
  handle = (response) => held.push(response);
  await post(`${server.url}/webhooks`, { url, types: ['order.created'] });
  const before = positions.length;
  await post(`${server.url}/orders`, sampleBody, 'one');
  await until(
    async () => positions.length,
    (length) => length > before,
  );
  expect(await server.stop()).toBe(0);
  handle = (response) => response.end();
  const again = await startServer(folder.path, quick);
  await until(
    async () => positions.length,
    (length) => length > before + 1,
  );
  expect(positions[before + 1]).toBe(positions[before]);
  expect(await again.stop()).toBe(0);
});

test('an endpoint in the own network is not sent to unless the settings say so', async () => {
  const server = await startServer(folder.path, { ...quick, WEBHOOK_ALLOW_PRIVATE: '0' });
  const { body } = await post(`${server.url}/webhooks`, { url });
  const before = positions.length;
  await post(`${server.url}/orders`, sampleBody, 'one');
  const { body: tried } = await until(
    () => ask(`${server.url}/webhooks/${body.webhook.id}/deliveries`),
    (answer) => answer.body.deliveries.length > 0,
  );
  expect(tried.deliveries[0]).toMatchObject({ status: null, problem: 'address-not-allowed' });
  expect(positions).toHaveLength(before);
  expect(await server.stop()).toBe(0);
});
