// Many orders of a real service that makes its payments at the provider's double, which loses, doubles and fails, while the
// service is killed. Then the double's ledger is compared with the store, both ways, and the reconciliation has to find what is
// planted there, and nothing else. The test and the command share it.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '../../../src/clock.ts';
import { createCatalogue } from '../../../src/shop/catalogue.ts';
import { shop } from '../../../src/shop/shop.ts';
import { createSqliteStore } from '../../../src/stores/sqlite.ts';
import { openDatabase } from '../../../src/stores/sqlite-open.ts';
import { ask, persist, post, sampleBody, until } from '../../e2e/client.ts';
import { runCommand, type Server, startServer } from '../../e2e/server.ts';
import type { FaultRules } from './faults.ts';
import { openStripeDouble, type StripeDouble, secretKey } from './open-double.ts';
import { plantDifferences, runReconcile, toPlanted } from './planted.ts';
import { settingsFor, webhookSecret } from './settings.ts';

export interface Campaign {
  readonly folder: string;
  readonly seed: string;
  readonly orders: number;
  readonly kills: number;
  /** After a kill many look-ups list the account at once: if they time out on a busy machine, they are made again. */
  readonly callTimeoutMs: number;
}

export interface CampaignReport {
  /** Orders by the state in which they were settled. */
  readonly states: Readonly<Record<string, number>>;
  /** How often the service was killed. */
  readonly kills: number;
  /** What the reconciliation found after three differences were planted, by kind. */
  readonly found: readonly string[];
  /** What differs between the ledger and the store, or should not be. */
  readonly problems: readonly string[];
}

const toFaults = (seed: string): FaultRules => {
  const changing = ['create', 'confirm', 'refund'] as const;
  const rule = (rate: number, on: readonly ('create' | 'confirm' | 'refund')[]) => ({
    ...{ seed, rate, on: [...on] },
  });
  return [
    { ...rule(0.1, ['confirm', 'refund']), fault: { kind: 'silent', effect: true } },
    { ...rule(0.05, changing), fault: { kind: 'silent', effect: false } },
    { ...rule(0.025, changing), fault: { kind: 'error', effect: true } },
    { ...rule(0.025, changing), fault: { kind: 'error', effect: false } },
    { ...rule(0.05, ['confirm']), fault: { kind: 'decline', code: 'generic_decline' } },
  ];
};

const fillCatalogue = async (path: string): Promise<void> => {
  const store = createSqliteStore(openDatabase(path, shop), shop.tables);
  const product = { currency: 'USD', onHand: 1_000_000 };
  const products = [
    { productId: 'product-1', name: 'Widget', unitPrice: 5000, ...product },
    { productId: 'product-2', name: 'Gadget', unitPrice: 7500, ...product },
  ];
  await createCatalogue(store).seedProducts(products, systemClock.now());
  await store.close();
};

const orderSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  settled: z.boolean(),
  paidAmount: z.int(),
  refundedAmount: z.int(),
  incidents: z.array(z.unknown()),
});
type Order = z.infer<typeof orderSchema>;

/** Runs it until every order is settled. */
export const runCampaign = async ({
  folder,
  seed,
  orders,
  kills,
  callTimeoutMs,
}: Campaign): Promise<CampaignReport> => {
  await fillCatalogue(join(folder, 'orders.db'));
  const double = await openStripeDouble(folder);
  await double.setFaults(toFaults(seed));
  const settings = {
    ...settingsFor(double),
    ...{
      DATABASE_URL: 'sqlite:orders.db',
      ...{ CALL_TIMEOUT_MS: String(callTimeoutMs), RETRY_LONGEST_DELAY_MS: String(callTimeoutMs) },
      PAYMENT_ATTEMPTS: '100',
      LOG_LEVEL: 'error',
    },
  };
  let server = await startServer(folder, settings);
  const { url } = server;
  const { port } = new URL(url);
  const webhooks = { seed, twiceRate: 0.05, neverRate: 0.05, lateMs: 300 };
  await double.setWebhooks({ url: `${url}/webhooks/stripe`, secret: webhookSecret, ...webhooks });
  try {
    const ids: string[] = [];
    const place = async (number: number): Promise<void> => {
      const { body } = await persist(() => url, sampleBody, `order-${number}`);
      const { id } = z.looseObject({ id: z.string() }).parse(body);
      ids.push(id);
      // Money is given back, or never taken.
      if (number % 8 === 0) await post(`${url}/orders/${id}/cancel`, {}).catch(() => undefined);
    };
    const placing = placeAll(orders, place);
    for (let kill = 1; kill <= kills; kill += 1) {
      await until(
        async () => ids.length,
        (count) => count >= (orders * kill) / (kills + 1),
      );
      await server.kill();
      server = await startServer(folder, { ...settings, PORT: port });
    }
    await placing;
    const all = await Promise.all(ids.map((id) => untilSettled(url, id)));
    await until(
      () => double.pending(),
      (pending) => pending === 0,
    );
    const states: Record<string, number> = {};
    for (const { state } of all) states[state] = (states[state] ?? 0) + 1;
    await double.setFaults([]);
    const compared = [...(await compare(double, all)), ...(await examine(double, folder))];
    const { found, problems } = await findPlanted(double, folder);
    return { states, kills, found, problems: [...compared, ...problems] };
  } finally {
    await endAll(server, double);
  }
};

/** What the doctor says of the store with the double's ledger, as the reconciliation exports it. */
const examine = async (double: StripeDouble, folder: string): Promise<readonly string[]> => {
  const environment = { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: double.url };
  const exporting = ['reconcile', '--gateway', 'stripe', '--export', 'export.jsonl'];
  const exported = await runCommand(exporting, folder, environment);
  if (exported.code !== 0) return [exported.output];
  const doctor = ['doctor', '--database-url', 'sqlite:orders.db', '--gateway-ledger', 'export.jsonl'];
  const { code, output } = await runCommand(doctor, folder);
  return code === 0 ? [] : [`the doctor: ${output}`];
};

/** The reconciliation finds nothing, and after three differences are planted those three; each is one incident. */
const findPlanted = async (double: StripeDouble, folder: string) => {
  const words = ['--database', 'sqlite:orders.db'];
  const before = await runReconcile(double, folder, words);
  const planted = JSON.stringify(await plantDifferences(double));
  const after = await runReconcile(double, folder, words);
  const again = await runReconcile(double, folder, words);
  const problems = [
    ...before.differences.map(({ kind, object }) => `${object}: ${kind}, which nobody planted`),
    ...before.pending.map((orderId) => `${orderId} is pending`),
    ...(JSON.stringify(toPlanted(after)) === planted
      ? []
      : [`planted ${planted}, found ${JSON.stringify(after)}`]),
    ...again.differences
      .filter(({ incident }) => incident !== 'open')
      .map(({ object, incident }) => `${object}: its incident is ${incident} the second time`),
  ];
  return { found: after.differences.map(({ kind }) => kind).toSorted(), problems };
};

const endAll = async (server: Server, double: StripeDouble): Promise<void> => {
  await server.stop();
  await double.close();
};

const clients = 10;
const placeAll = async (orders: number, place: (number: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < orders) {
      next += 1;
      await place(next - 1);
      await pause(50);
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
};

const untilSettled = (url: string, orderId: string): Promise<Order> =>
  until(
    async () => orderSchema.parse((await ask(`${url}/orders/${orderId}`)).body),
    ({ settled, incidents }) => settled || incidents.length > 0,
  );

/** The double's ledger and the store, both ways. */
const compare = async (double: StripeDouble, orders: readonly Order[]): Promise<readonly string[]> => {
  const { intents, refunds } = await double.ledger();
  const byOrder = Map.groupBy(intents, ({ metadata }) => String(metadata['orderchart_order']));
  const known = new Set(orders.map(({ id }) => id));
  const unknown = [...byOrder.keys()].filter((id) => !known.has(id));
  const ofOrders = orders.flatMap(({ id, state, settled, paidAmount, refundedAmount, incidents }) => {
    const ours = byOrder.get(id) ?? [];
    const captured = ours.filter(({ status }) => status === 'succeeded');
    const taken = captured.reduce((sum, each) => sum + each.amount_received, 0);
    const given = refunds
      .filter(({ payment_intent }) => captured.some((each) => each.id === payment_intent))
      .reduce((sum, { amount }) => sum + amount, 0);
    return [
      ...(settled && incidents.length === 0 ? [] : [`is not settled: ${JSON.stringify(incidents)}`]),
      ...(captured.length > 1 ? [`was charged ${captured.length} times`] : []),
      ...(taken === paidAmount ? [] : [`paid ${paidAmount}, and Stripe took ${taken}`]),
      ...(given === refundedAmount ? [] : [`got back ${refundedAmount}, and Stripe gave back ${given}`]),
      ...(state === 'completed' && taken - given !== 17_500 ? ['is completed and not paid'] : []),
      ...(state !== 'completed' && taken !== given ? ['is not completed, and its money was kept'] : []),
    ].map((problem) => `${id} (${state}) ${problem}`);
  });
  return [...ofOrders, ...unknown.map((id) => `${id} is at Stripe and not in the store`)];
};
