// A shop for pictures and measurements: any number of orders, and a bank that takes any time. With failures, the bank
// declines some orders and is busy for others, and some mailboxes refuse their notice. What happens to an order depends
// on its number alone.
import pino from 'pino';
import { createOrderchart, type Orderchart, readSettings, type ShopService } from '../../src/main.ts';
import { createBank } from '../../src/simulator/shop/bank.ts';

const products = [
  { productId: 'kettle', name: 'Kettle', unitPrice: 4900, currency: 'USD', onHand: 900_000 },
  { productId: 'lamp', name: 'Reading lamp', unitPrice: 7500, currency: 'USD', onHand: 900_000 },
  { productId: 'mug', name: 'Mug, blue', unitPrice: 1200, currency: 'USD', onHand: 900_000 },
] as const;
const customers = ['ada', 'grace', 'edsger', 'barbara', 'tony', 'radia', 'leslie', 'frances'];

interface Behaviour {
  /** How long the bank takes for an order, by its number, in ms; infinite: it never answers. */
  bankMs(number: number): number;
  /** How long a notice takes, in ms. */
  readonly mailMs: number;
  readonly hasFailures: boolean;
  /** Left out: memory. */
  readonly database?: string;
}

/** `order-000042` → 42 */
const toNumber = (orderId: string): number => Number(orderId.slice(-6));

const pause = (ms: number, signal: AbortSignal): Promise<void> | undefined => {
  if (ms === 0) return undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
};

const createGateway = ({ bankMs, hasFailures }: Behaviour): ShopService<'gateway'> => {
  const bank = createBank({
    now: Date.now,
    isDeclined: (_, orderId) => hasFailures && toNumber(orderId) % 17 === 5,
  });
  return {
    name: 'gateway',
    place: 'outside',
    answer: async ({ orderId, command, signal }) => {
      const number = toNumber(orderId);
      await pause(bankMs(number), signal);
      const isBusy = hasFailures && command.type === 'gateway.charge' && number % 40 === 7;
      if (isBusy && command.attempt < 3) return { type: 'gateway.failed', reason: 'busy' };
      return bank.act(command, orderId);
    },
  };
};

const createMailer = ({ mailMs, hasFailures }: Behaviour): ShopService<'mailer'> => ({
  name: 'mailer',
  place: 'outside',
  answer: async ({ orderId, signal }) => {
    await pause(mailMs, signal);
    return hasFailures && toNumber(orderId) % 67 === 11
      ? { type: 'mailer.failed', reason: 'mailbox-full' }
      : { type: 'mailer.sent' };
  },
});

export interface Shop extends Orderchart {
  readonly origin: string;
  /** Places one more order. Resolves with its id when it is accepted. */
  placeOne(): Promise<string>;
  /** Places so many more orders. */
  place(count: number): Promise<readonly string[]>;
}

const wave = 200;

export const openShop = async (behaviour: Behaviour): Promise<Shop> => {
  const settings = readSettings({
    DATABASE_URL: behaviour.database ?? 'memory:',
    NOTIFICATION_ATTEMPTS: 1,
    CALL_TIMEOUT_MS: 3_600_000,
    PAY_WITHIN_MS: 7_200_000,
    RESERVATION_TTL_MS: 14_400_000,
    MAX_CALLS_IN_FLIGHT: 20_000,
    DRAIN_MS: 100,
    WEBHOOK_ALLOW_PRIVATE: '1',
  });
  const shop = await createOrderchart(settings, {
    services: { gateway: createGateway(behaviour), mailer: createMailer(behaviour) },
    logger: pino({ level: 'silent' }),
  });
  await shop.catalogue.seedProducts(products, Date.now());
  const origin = await shop.api.listen({ port: 0, host: '127.0.0.1' });
  let placed = 0;
  const placeOne = async (): Promise<string> => {
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
      const next = Array.from({ length: Math.min(wave, count - ids.length) }, placeOne);
      ids.push(...(await Promise.all(next)));
    }
    return ids;
  };
  return { ...shop, origin, placeOne, place };
};
