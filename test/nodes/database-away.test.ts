// The database of two nodes goes away and comes back: requests are refused meanwhile, nothing is lost, and all goes on by itself.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openEndpoint } from '../api/webhook-endpoints.ts';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { makeFolder, runCommand, startServer } from '../e2e/server.ts';
import { createDatabase, type Database } from '../support/postgres/database.ts';
import { type PostgresServer, startPostgres } from '../support/postgres/start-postgres.ts';
import { createBank, openNodes, place, untilSettled } from './open-nodes.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let server: PostgresServer;
let database: Database;
beforeAll(async () => {
  server = await startPostgres();
});
beforeEach(async () => {
  database = await createDatabase(server.url);
});
afterAll(() => server.stop());

const isReady = (origin: string) => ask(`${origin}/readyz`);

test('while the database is away requests get 503 and when to come again, and it goes on by itself when it is back', async () => {
  const settings = { POLL_MS: '200' };
  const nodes = await openNodes(database.url, 2, () => ({ settings }));
  const [one, other] = nodes;
  if (one === undefined || other === undefined) throw new Error('two nodes are needed');
  const endpoint = await openEndpoint();
  await post(`${one.origin}/webhooks`, { url: endpoint.url, after: '0', types: ['order.completed'] });
  await untilSettled(one, await place(one, 'before'));
  await endpoint.untilGot(1);
  await server.shutDown('immediate');
  for (const { origin } of nodes) {
    const refusals = [
      await post(`${origin}/orders`, sampleBody, `away-${origin}`),
      await ask(`${origin}/orders`),
    ];
    for (const { status, headers, body } of refusals) {
      expect([status, body.type]).toEqual([503, '/problems/store-unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await isReady(origin)).toMatchObject({ status: 503 });
  }
  await server.startAgain();
  for (const node of nodes) {
    await until(
      () => isReady(node.origin),
      ({ status }) => status === 200,
    );
    await untilSettled(other, await place(node, `after-${node.origin}`));
  }
  // What was delivered when the database went away may come once more.
  await until(
    async () => new Set(endpoint.ids()).size,
    (different) => different === 3,
  );
  expect((await ask(`${one.origin}/nodes`)).body.nodes).toHaveLength(2);
});

test('a database that is restarted at once under load loses no order, and no customer pays twice', async () => {
  const bank = createBank();
  const nodes = await openNodes(database.url, 2, () => ({
    settings: { POLL_MS: '200' },
    services: { gateway: bank.gateway },
  }));
  const statuses = new Set<number>();
  const persist = async (key: string): Promise<string> => {
    for (let tries = 0; ; tries += 1) {
      const node = nodes[tries % nodes.length];
      const { status, body } = await post(`${node?.origin}/orders`, sampleBody, key);
      statuses.add(status);
      if (status < 300) return body.id;
      await pause(20);
    }
  };
  let isOver = false;
  const ids: string[] = [];
  const customer = async (name: string): Promise<void> => {
    for (let number = 0; !isOver || number < 5; number += 1) ids.push(await persist(`${name}-${number}`));
  };
  const customers = Promise.all(['a', 'b', 'c', 'd'].map(customer));
  for (let restarts = 0; restarts < 3; restarts += 1) {
    const before = ids.length;
    await until(
      async () => ids.length,
      (count) => count > before + 3,
    );
    await server.restart('immediate');
  }
  isOver = true;
  await customers;
  const [one] = nodes;
  if (one === undefined) throw new Error('a node is needed');
  for (const id of ids) expect((await untilSettled(one, id)).body.state).toBe('completed');
  expect(new Set(ids).size).toBe(ids.length);
  expect([...statuses].every((status) => status < 300 || status === 503 || status === 409)).toBe(true);
  const charged = new Set(bank.charges.map((key) => key.split('/')[0]));
  expect(charged.size).toBe(new Set(bank.charges).size);
});

test('a start waits for its database, and says so', async () => {
  const folder = await makeFolder();
  const environment = { DATABASE_URL: database.url };
  await server.shutDown('fast');
  const starting = startServer(folder.path, environment);
  await pause(1500);
  await server.startAgain();
  const running = await starting;
  expect(running.output()).toContain('the database does not answer: the start waits for it');
  expect((await ask(`${running.url}/nodes`)).body.nodes).toHaveLength(1);
  expect(await running.stop()).toBe(0);
  await folder.remove();
});

test('a start whose address cannot be right does not wait', async () => {
  const folder = await makeFolder();
  const url = new URL(database.url);
  url.password = 'wrong';
  const { code, output } = await runCommand(['serve'], folder.path, { DATABASE_URL: url.href, PORT: '0' });
  expect(code).not.toBe(0);
  expect(output).toContain('DATABASE_URL is refused by the database');
  await folder.remove();
});
