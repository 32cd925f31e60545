// A pause of the gateway over `kill -9`: a real service, with its bank as a process of its own. While it is paused no charge
// is made, and afterwards one for each order.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { newKeyListing } from '../../src/access.ts';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { makeFolder, runCommand } from '../e2e/server.ts';
import { runDoctor } from './audit.ts';
import { readLines } from './durable-lines.ts';
import { openEnvironment } from './environment.ts';
import { stepClock } from './stepped-clock.ts';

const minute = 60_000;
const hour = 60 * minute;
const reason = 'the bank is at work';
const count = 12;
const entries = z.array(z.object({ operation: z.string(), key: z.string(), result: z.string() }));

interface Message {
  readonly type: string;
  readonly data: { readonly service?: string };
}

/** A service that knows one key, and what its caller does with it. */
const openService = async () => {
  const folder = await makeFolder();
  const environment = await openEnvironment(folder.path, {});
  const { paths, startService } = environment;
  const { output } = await runCommand(
    ['keys', 'create', '--json', '--principal', 'ada', '--scopes', 'orders:read,orders:place,incidents'],
    folder.path,
    { DATABASE_URL: `sqlite:${paths.store}` },
  );
  const { token } = newKeyListing.parse(JSON.parse(output));
  const headers = { authorization: `Bearer ${token}` };
  let service = await startService();
  const get = async (path: string) => (await ask(`${service.url}${path}`, { headers })).body;
  return {
    get,
    place: async (key: string): Promise<string> =>
      (await post(`${service.url}/orders`, sampleBody, key, headers)).body.id,
    set: (body: object) =>
      ask(`${service.url}/services/gateway`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    /** How often the order's deadlines were postponed. */
    postponements: async (id: string): Promise<number> => {
      const { messages }: { messages: Message[] } = await get(`/orders/${id}/messages`);
      return messages.filter(({ type, data }) => type === 'deadline.postponed' && data.service === 'gateway')
        .length;
    },
    isReady: async () => (await fetch(`${service.url}/readyz`)).ok,
    passTo: (ms: number) => stepClock(paths.clockOffset, ms),
    ledger: async () => entries.parse(await readLines(paths.gatewayLedger)),
    doctor: () => runDoctor(environment, { clockToleranceMs: 2 * hour }),
    killAndRestart: async () => {
      service.send('SIGKILL');
      await service.ended;
      service = await startService();
    },
    end: async () => {
      service.send('SIGTERM');
      await service.ended;
    },
    close: async () => {
      await environment.close();
      await folder.remove();
    },
  };
};

test('a pause outlives kill -9 with who and why, nothing is charged meanwhile, and each order once afterwards', async () => {
  const shop = await openService();
  expect((await shop.set({ paused: true, reason })).status).toBe(200);
  const ids = await Promise.all(Array.from({ length: count }, (_, index) => shop.place(`order-${index}`)));
  const [first = ''] = ids;
  const untilWaiting = () =>
    until(
      () => shop.get('/services/gateway'),
      ({ waiting }) => waiting === count,
    );
  const held = { kind: 'pause', reason, by: 'ada', resumedAt: null };
  expect(await untilWaiting()).toMatchObject({ state: 'paused', held });
  shop.passTo(10 * minute);
  const before = await until(
    () => shop.postponements(first),
    (times) => times > 0,
  );
  expect(await shop.ledger()).toEqual([]);

  await shop.killAndRestart();
  expect(await untilWaiting()).toMatchObject({ state: 'paused', held });
  expect(await shop.isReady()).toBe(true);
  // That its deadlines are postponed again is how long the new process had for a call.
  shop.passTo(hour);
  await until(
    () => shop.postponements(first),
    (times) => times > before,
  );
  expect(await shop.get(`/orders/${first}/explain`)).toMatchObject({
    ...{ state: 'paying', blockedBy: [], held: [{ service: 'gateway', state: 'paused', reason }] },
  });
  expect(await shop.ledger()).toEqual([]);

  expect((await shop.set({ paused: false })).body.state).toBe('resuming');
  for (const id of ids) {
    const order = await until(
      () => shop.get(`/orders/${id}`),
      ({ settled }) => settled,
    );
    expect(order).toMatchObject({ state: 'completed', paidAmount: order.amount });
  }
  expect(await untilRunning(shop)).toMatchObject({
    ...{ state: 'running', waiting: 0, holds: [{ kind: 'pause', reason, by: 'ada', resumedBy: 'ada' }] },
  });
  await shop.end();
  const made = (await shop.ledger()).map(({ operation, key, result }) => `${operation} ${key} ${result}`);
  expect(made.toSorted()).toEqual(ids.map((id) => `charge ${id}/charge/1 charged`).toSorted());
  expect(await shop.doctor()).toEqual([]);
  await shop.close();
}, 120_000);

const untilRunning = ({ get }: Pick<Awaited<ReturnType<typeof openService>>, 'get'>) =>
  until(
    () => get('/services/gateway'),
    ({ state }) => state === 'running',
  );
