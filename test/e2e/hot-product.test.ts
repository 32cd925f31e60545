// One product that everybody wants at the same moment, round after round: never more is sold than there is, never
// less, and everybody is answered. Each buyer has a connection of their own.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connection, toOrderRequest } from '../load/connection.ts';
import { examineData } from '../load/examine-data.ts';
import { ask, until } from './client.ts';
import { makeFolder, type Server, startServer } from './server.ts';

const buyers = 1000;
const units = 100;
const rounds = ['first', 'second'];
const patienceMs = 60_000;

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;

beforeAll(async () => {
  folder = await makeFolder();
  server = await startServer(folder.path, {
    LOG_LEVEL: 'error',
    PAYMENT_DELAY_MS: '10',
    MAIL_DELAY_MS: '0',
    PAYMENT_DECLINE_RATE: '0',
    // Whoever comes is to be served, however slow the machine is.
    MAX_WAIT_MS: String(patienceMs),
  });
});

afterAll(() => folder.remove());

const buy = async (key: string, productId: string): Promise<number | undefined> => {
  const connection = new Connection(new URL(server.url), () => undefined);
  const reply = await connection.ask(toOrderRequest(key, productId), patienceMs);
  connection.end();
  return reply?.status;
};

const countStates = async (): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (let after = ''; ; ) {
    const { body } = await ask(`${server.url}/orders?limit=100${after}`);
    for (const { state } of body.orders) counts[state] = (counts[state] ?? 0) + 1;
    if (body.next === null) return counts;
    after = `&after=${body.next}`;
  }
};

test.each(rounds)(
  'a thousand buyers at once of a hundred units buy exactly a hundred: %s',
  async (round) => {
    const productId = `hot-${round}`;
    const body = JSON.stringify({ name: 'Ticket', unitPrice: 5000, currency: 'USD', onHand: units });
    const headers = { 'content-type': 'application/json' };
    await ask(`${server.url}/products/${productId}`, { method: 'PUT', headers, body });
    const statuses = await Promise.all(
      Array.from({ length: buyers }, (_, buyer) => buy(`${round}-${buyer}`, productId)),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(buyers);
    await until(
      () => ask(`${server.url}/orders?settled=false&limit=1`),
      (answer) => answer.body.orders.length === 0,
    );
    const product = await ask(`${server.url}/products/${productId}`);
    expect(product.body).toMatchObject({ onHand: 0, held: 0, sold: units });
  },
  60_000,
);

test('of all of them so many are completed as there were units, the others rejected, and every invariant holds', async () => {
  expect(await countStates()).toEqual({
    completed: rounds.length * units,
    rejected: rounds.length * (buyers - units),
  });
  expect(await server.stop()).toBe(0);
  expect(await examineData(folder.path)).toEqual({ orders: rounds.length * buyers, violations: [] });
}, 120_000);
