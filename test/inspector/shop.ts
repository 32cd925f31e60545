// A shop to look at: as many orders as one wants, at a bank that takes its time, declines some and loses
// others, with notices that some mailboxes refuse. What happens to an order depends on its number alone.
import pino from 'pino';
import { createOrderchart, type Orderchart, type OutsideService, readSettings } from '../../src/main.ts';

const products = [
  { productId: 'kettle', name: 'Kettle', unitPrice: 4900, currency: 'USD', onHand: 50_000 },
  { productId: 'lamp', name: 'Reading lamp', unitPrice: 7500, currency: 'USD', onHand: 50_000 },
  { productId: 'mug', name: 'Mug, blue', unitPrice: 1200, currency: 'USD', onHand: 400_000 },
] as const;
const customers = ['ada', 'grace', 'edsger', 'barbara', 'tony', 'radia', 'leslie', 'frances'];

/** `order-000042` → 42 */
const toNumber = (orderId: string): number => Number(orderId.slice(-6));
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** @param slowness how many times slower than a quick bank, which answers within 40 to 700 ms */
const createBank = (slowness: number): OutsideService<'gateway'> => ({
  name: 'gateway',
  place: 'outside',
  answer: async ({ orderId, command, signal }) => {
    const number = toNumber(orderId);
    await pause((40 + ((number * 97) % 660)) * slowness, signal);
    if (command.type === 'gateway.refund') return { type: 'gateway.refunded', refundTransactionId: 'ref' };
    if (command.type === 'gateway.look-up') return { type: 'gateway.absent' };
    if (command.type !== 'gateway.charge') return { type: 'gateway.refused', code: 'not-here' };
    if (number % 17 === 5) return { type: 'gateway.declined', code: 'card_declined' };
    if (number % 40 === 7 && command.attempt < 3) return { type: 'gateway.failed', reason: 'busy' };
    const { amount, currency } = command;
    return { type: 'gateway.charged', transactionId: `txn-${number}`, amount, currency };
  },
});

const mailer: OutsideService<'mailer'> = {
  name: 'mailer',
  place: 'outside',
  answer: async ({ orderId, signal }) => {
    await pause(30 + (toNumber(orderId) % 90), signal);
    return toNumber(orderId) % 67 === 11
      ? { type: 'mailer.failed', reason: 'mailbox-full' }
      : { type: 'mailer.sent' };
  },
};

export interface Shop extends Orderchart {
  readonly origin: string;
  /** Places so many more; resolves when all are accepted. Says their ids. */
  place(count: number): Promise<readonly string[]>;
}

export const openShop = async ({
  slowness,
  database = 'memory:',
}: {
  slowness: number;
  database?: string;
}): Promise<Shop> => {
  const settings = readSettings({
    DATABASE_URL: database,
    NOTIFICATION_ATTEMPTS: 1,
    CALL_TIMEOUT_MS: 600_000,
    PAY_WITHIN_MS: 3_600_000,
    RESERVATION_TTL_MS: 7_200_000,
    MAX_CALLS_IN_FLIGHT: 20_000,
    MAX_PENDING_MESSAGES: 50_000,
  });
  const shop = await createOrderchart(settings, {
    services: { gateway: createBank(slowness), mailer },
    logger: pino({ level: 'silent' }),
  });
  await shop.catalogue.seedProducts(products, Date.now());
  const origin = await shop.api.listen({ port: 0, host: '127.0.0.1' });
  let placed = 0;
  const placeNext = async (): Promise<string> => {
    placed += 1;
    const number = placed;
    const orderId = `order-${String(number).padStart(6, '0')}`;
    const customerId = customers[number % customers.length] ?? 'ada';
    const items = products.slice(number % 3).map(({ productId, name, unitPrice }, index) => {
      const quantity = 1 + ((number + index) % 3);
      return { productId, name, quantity, unitPrice, lineTotal: quantity * unitPrice };
    });
    const amount = items.reduce((sum, { lineTotal }) => sum + lineTotal, 0);
    const email = `${customerId}@example.com`;
    await shop.host.place({ orderId, customerId, email, currency: 'USD', items, amount });
    return orderId;
  };
  const place = async (count: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    while (ids.length < count) {
      const wave = Math.min(200, count - ids.length);
      ids.push(...(await Promise.all(Array.from({ length: wave }, placeNext))));
    }
    return ids;
  };
  return { ...shop, origin, place };
};
