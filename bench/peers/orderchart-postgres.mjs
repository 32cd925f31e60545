// Orderchart over PostgreSQL, as a peer of the benchmark that bench/peers-folder.ts copies: its charts, host and store of this clone
// (ORDERCHART), with the gateway of the workload. It runs in the copy's folder `peers`, where what it imports is.
import { join } from 'node:path';
import pg from 'pg';

export const meta = { needs: ['postgres'] };

/** What all peers share: it is only beside the copy. */
const workload = new URL('../lib/workload.mjs', import.meta.url);
const unitPrice = 1999;

const createServices = (gateway, find) => ({
  gateway: {
    name: 'gateway',
    place: 'outside',
    keyLifetimeMs: 86_400_000,
    answer: async ({ command, orderId }) => {
      if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
      const order = find(orderId);
      if ((await gateway.charge(order)) === 'declined')
        return { type: 'gateway.declined', code: 'card-declined' };
      const { amount, currency } = command;
      return { type: 'gateway.charged', transactionId: `txn-${order.n}`, amount, currency };
    },
  },
  mailer: {
    name: 'mailer',
    place: 'outside',
    answer: async ({ orderId }) => {
      await gateway.notify(find(orderId));
      return { type: 'mailer.sent' };
    },
  },
});

const toBasket = ({ customer, items }, orderId) => {
  const lines = items.map(({ sku, qty }) => ({
    ...{ productId: sku, name: sku, quantity: qty, unitPrice, lineTotal: unitPrice * qty },
  }));
  const amount = lines.reduce((sum, { lineTotal }) => sum + lineTotal, 0);
  return { orderId, customerId: customer.id, email: customer.email, currency: 'USD', items: lines, amount };
};

export const start = async ({ gateway }) => {
  const { createOrderchart, readSettings } = await import(join(process.env.ORDERCHART, 'src/main.ts'));
  const { INITIAL_STOCK, SKUS, skuName } = await import(workload);
  const orders = new Map();
  const settings = readSettings({
    ...{ DATABASE_URL: process.env.PG_URL, LOG_LEVEL: 'error' },
    ...{ MAX_PENDING_MESSAGES: 1_000_000, MAX_WAIT_MS: 3_600_000 },
  });
  const services = createServices(gateway, (orderId) => orders.get(orderId));
  const shop = await createOrderchart(settings, { services });
  const product = { unitPrice, currency: 'USD', onHand: INITIAL_STOCK };
  const products = Array.from({ length: SKUS }, (_, index) => ({
    ...{ ...product, productId: skuName(index), name: skuName(index) },
  }));
  await shop.catalogue.seedProducts(products, Date.now());
  return {
    submit: async (order) => {
      const number = order.n.toString(16);
      const orderId = `0190${number.padStart(4, '0').slice(-4)}-0000-7000-8000-${number.padStart(12, '0')}`;
      orders.set(orderId, order);
      await shop.host.place(toBasket(order, orderId));
      const { state } = await shop.host.waitUntilSettled(orderId, 60_000);
      orders.delete(orderId);
      return state;
    },
    state: async () => {
      const client = new pg.Client({ connectionString: process.env.PG_URL });
      await client.connect();
      const ask = async (sql) => (await client.query(sql)).rows;
      const states = await ask('SELECT state, count(*) AS number FROM orderchart.orders GROUP BY state');
      const products = await ask('SELECT product_id, on_hand FROM orderchart.products');
      await client.end();
      return {
        outcomes: Object.fromEntries(states.map(({ state, number }) => [state, Number(number)])),
        stock: new Map(products.map(({ product_id, on_hand }) => [product_id, Number(on_hand)])),
      };
    },
    stop: () => shop.close(),
  };
};
