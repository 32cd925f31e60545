// Nodes whose machines have wrong clocks, over one PostgreSQL database: they count by the database's.
import { expect, test, vi } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { ask, until } from '../e2e/client.ts';
import { queryOnce } from '../support/postgres/database.ts';
import { useDatabase } from '../support/postgres/use-database.ts';
import { createBank, openNode, openNodes, place, untilSettled } from './open-nodes.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const database = useDatabase();
const minute = 60_000;
/** A clock whose machine is wrong by so many ms, and can be set while it runs. */
const createWrongClock = (wrongMs: number) => {
  let wrong = wrongMs;
  return {
    clock: createSystemClock(() => Date.now() + wrong),
    set: (ms: number) => {
      wrong = ms;
    },
  };
};
const readTime = async (): Promise<number> => {
  const [row] = await queryOnce(database.url(), 'SELECT orderchart.database_ms()::float8 AS now');
  return Number(row?.['now']);
};

test('what a node writes has the time of the database, though its machine is an hour ahead or behind, or is set meanwhile', async () => {
  for (const wrongMs of [60 * minute, -60 * minute]) {
    const wrong = createWrongClock(wrongMs);
    const [node] = await openNodes(database.url(), 1, () => ({ clock: wrong.clock }));
    if (node === undefined) throw new Error('a node is needed');
    for (const stepped of [wrongMs, -wrongMs]) {
      wrong.set(stepped);
      const id = await place(node, `clock-${wrongMs}-${stepped}`);
      const { body } = await untilSettled(node, id);
      expect(Math.abs(Date.parse(body.createdAt) - (await readTime()))).toBeLessThan(30_000);
    }
    await node.close();
  }
});

test('a call that one node makes is left alone by another whose machine is an hour ahead, and its deadlines are not due there', async () => {
  const answering = Promise.withResolvers<void>();
  const bank = createBank();
  const slow = {
    ...bank.gateway,
    answer: async (call: Parameters<typeof bank.gateway.answer>[0]) => {
      await answering.promise;
      return bank.gateway.answer(call);
    },
  };
  const services = { gateway: slow };
  const [one] = await openNodes(database.url(), 1, () => ({ services, clock: createWrongClock(0).clock }));
  if (one === undefined) throw new Error('a node is needed');
  const id = await place(one, 'leased');
  await until(
    () => ask(`${one.origin}/orders/${id}`),
    ({ body }) => body.state === 'paying',
  );
  const ahead = await openNode(database.url(), {
    ...{ services, clock: createWrongClock(60 * minute).clock, settings: { POLL_MS: '20' } },
  });
  // It has looked for free calls and due deadlines many times when it has been heard of again.
  const heard = async () =>
    (await ask(`${ahead.origin}/nodes`)).body.nodes.find(({ isHere }: { isHere: boolean }) => isHere)
      .heartbeatAt;
  const first = await heard();
  await until(heard, (at) => at !== first);
  const { body: calls } = await ask(`${ahead.origin}/orders/${id}/calls`);
  const charges = calls.calls.filter(({ service }: { service: string }) => service === 'gateway');
  expect(charges).toHaveLength(1);
  expect((await ask(`${ahead.origin}/services/gateway`)).body.inFlight).toBe(0);
  answering.resolve();
  expect((await untilSettled(ahead, id)).body.state).toBe('completed');
  expect(bank.charges).toHaveLength(1);
});
