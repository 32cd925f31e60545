// Nodes of one shop over one PostgreSQL database, in this process: each with its own settings, services and address. They look for
// each other's changes once an hour, so what they learn sooner they were told.
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { sampleProducts } from '../../src/cli/sample.ts';
import { createOrderchart, type Orderchart, readSettings } from '../../src/main.ts';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { queryOnce } from '../support/postgres/database.ts';

type Replacements = NonNullable<Parameters<typeof createOrderchart>[1]>;
type Services = NonNullable<Replacements['services']>;

const anHour = String(3_600_000);

/** Counts charges by their idempotency key. */
export const createBank = () => {
  const charges: string[] = [];
  const gateway: NonNullable<Services['gateway']> = {
    name: 'gateway',
    place: 'outside',
    answer: async ({ command }) => {
      if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
      const { key, amount, currency } = command;
      charges.push(key);
      return { type: 'gateway.charged', transactionId: `txn-${key}`, amount, currency };
    },
  };
  return { charges, gateway };
};

const mailer: NonNullable<Services['mailer']> = {
  name: 'mailer',
  place: 'outside',
  answer: async () => ({ type: 'mailer.sent' }),
};

export interface TestNode extends Orderchart {
  readonly origin: string;
}

export const openNode = async (
  url: string,
  {
    settings = {},
    services = {},
    ...replacements
  }: Omit<Replacements, 'services'> & {
    readonly settings?: Readonly<Record<string, string>>;
    readonly services?: Partial<Services>;
  } = {},
): Promise<TestNode> => {
  const read = readSettings({
    ...{ DATABASE_URL: url, LOG_LEVEL: 'silent', POLL_MS: anHour, WEBHOOK_ALLOW_PRIVATE: '1' },
    ...settings,
  });
  const { gateway } = createBank();
  const node = await createOrderchart(read, {
    ...{ logger: pino({ level: 'silent' }), ...replacements },
    services: { gateway, mailer, ...services },
  });
  const origin = await node.api.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => node.close());
  return { ...node, origin };
};

/** Resolves when each node was heard of since now: then it knows the others. */
export const untilMet = async (url: string, nodes: readonly Orderchart[]): Promise<void> => {
  const [row] = await queryOnce(url, 'SELECT orderchart.database_ms()::float8 AS now');
  for (const { host } of nodes) {
    await until(
      () => host.nodes(),
      (all) => all.every(({ heartbeatAt, state }) => state === 'lost' || heartbeatAt > Number(row?.['now'])),
    );
  }
};

/** So many nodes that know of each other, over a catalogue with the sample's products. */
export const openNodes = async (
  url: string,
  count: number,
  given: (index: number) => Parameters<typeof openNode>[1] = () => ({}),
): Promise<readonly TestNode[]> => {
  const nodes: TestNode[] = [];
  for (let index = 0; index < count; index += 1) nodes.push(await openNode(url, given(index)));
  await untilMet(url, nodes);
  await nodes[0]?.catalogue.seedProducts(sampleProducts, 0);
  return nodes;
};

/** Resolves with the order's id. */
export const place = async ({ origin }: Pick<TestNode, 'origin'>, key: string): Promise<string> => {
  const { status, body } = await post(`${origin}/orders`, sampleBody, key.replaceAll(' ', '-'));
  if (status !== 202 && status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.id;
};

export const untilSettled = ({ origin }: Pick<TestNode, 'origin'>, orderId: string) =>
  until(
    () => ask(`${origin}/orders/${orderId}`),
    ({ body }) => body.settled === true,
  );
