// `orderchart demo`: a shop that shows each kind of trouble within a minute, in a folder of its own: declines, errors, lost answers,
// customers who have to confirm, refusals, a dispute. Fixed ids and a fixed seed make every first start alike. It opens nothing,
// and never touches another store.
import type { Adjustment } from '../../machines/messages.ts';
import { sum, toLineTotal } from '../../machines/money.ts';
import type { Running } from './running.ts';
import { sampleProducts } from './sample.ts';

/** What the demo sets unless a flag says otherwise. */
const demoSettings: Readonly<Record<string, string>> = {
  DATABASE_URL: 'sqlite:data/demo/orderchart.db',
  PAYMENT_LEDGER: 'data/demo/gateway.jsonl',
  MAIL_DIR: 'data/demo/mail',
  LOG_LEVEL: 'fatal',
  SEED: 'demo',
  PAYMENT_DELAY_MS: '300',
  MAIL_DELAY_MS: '100',
  CALL_TIMEOUT_MS: '1500',
  RETRY_FIRST_DELAY_MS: '500',
  RETRY_LONGEST_DELAY_MS: '2000',
  PAYMENT_DECLINE_RATE: '0.15',
  PAYMENT_TIMEOUT_RATE: '0.15',
  PAYMENT_ERROR_RATE: '0.2',
  PAYMENT_REFUSE_RATE: '0.5',
  PAYMENT_ACTION_RATE: '0.15',
};

/** The environment may belong to a real shop: of it the demo reads where to listen alone. */
export const toDemoEnvironment = ({
  HOST,
  PORT,
}: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> => ({
  ...demoSettings,
  HOST,
  PORT,
});

const toId = (number: number): string => `01900000-0000-7000-8000-${String(2000 + number).padStart(12, '0')}`;
const ordinary = 24;
const [rejected, cancelled, free] = [toId(101), toId(102), toId(103)];
const longestWaitMs = 40_000;

type Line = readonly [productId: string, quantity: number];
const toBasket = (lines: readonly Line[], adjustments: readonly Adjustment[] = []) => {
  const items = lines.flatMap(([id, quantity]) =>
    sampleProducts
      .filter(({ productId }) => productId === id)
      .map(({ productId, name, unitPrice }) => {
        return { productId, name, quantity, unitPrice, lineTotal: toLineTotal(quantity, unitPrice) };
      }),
  );
  const amounts = [...items.map(({ lineTotal }) => lineTotal), ...adjustments.map(({ amount }) => amount)];
  return { currency: 'USD', items, adjustments, amount: sum(amounts) };
};
const toCustomer = (number: number) => ({
  customerId: `customer-${number}`,
  email: `customer-${number}@example.com`,
});

const place = ({ host }: Running, orderId: string, basket: ReturnType<typeof toBasket>, customer: number) =>
  host.place({ orderId, ...toCustomer(customer), ...basket });

const placeOrders = async (running: Running): Promise<void> => {
  const shipping: Adjustment = { kind: 'shipping', name: 'Parcel', amount: 490 };
  const [first = '', second = ''] = sampleProducts.map(({ productId }) => productId);
  for (let number = 1; number <= ordinary; number += 1) {
    const lines: readonly Line[] =
      number % 2 === 0
        ? [[first, 2]]
        : [
            [first, 1],
            [second, 1],
          ];
    await place(running, toId(number), toBasket(lines, [shipping]), number);
  }
  await place(running, rejected, toBasket([['product-3', 100]]), 101);
  const gift: Adjustment = { kind: 'discount', name: 'Free sample', amount: -2500 };
  await place(running, free, toBasket([['product-3', 1]], [gift]), 103);
  await place(running, cancelled, toBasket([['product-2', 1]]), 102);
  const message = { type: 'order.cancel', reason: 'ordered by mistake' };
  await running.host.send({ orderId: cancelled, to: 'order', message, otherwise: 'record' });
};

/** Orders that are paid and completed, up to `most`, once each of the ordinary ones has come to rest. */
const findCompleted = async ({ host }: Running, most: number) => {
  const views = await Promise.all(
    Array.from({ length: ordinary }, (_, index) => host.waitUntilSettled(toId(index + 1), longestWaitMs)),
  );
  return views.flatMap((view) => (view?.state === 'completed' ? [view] : [])).slice(0, most);
};

/** Refunds by line, some of which the bank refuses, and a dispute. */
const makeTrouble = async (running: Running): Promise<void> => {
  const [disputed, ...others] = await findCompleted(running, 6);
  for (const { id } of others) {
    const lines = [{ productId: 'product-1', quantity: 1, restock: true }];
    const message = { type: 'order.refund', refundId: 'demo', lines, reason: 'sent back' };
    await running.host.send({ orderId: id, to: 'order', message, otherwise: 'record' });
  }
  if (disputed === undefined || disputed.unreadable !== undefined) return;
  const { id, amount, currency } = disputed;
  const about = { disputeId: 'dp_demo', amount, currency, reason: 'product_not_received' };
  const message = { type: 'gateway.dispute-opened', key: `${id}/charge/1`, attempt: 1, ...about };
  await running.host.send({ orderId: id, to: 'payment', message, otherwise: 'record' });
};

/** Fills a new demo shop, and says where its troubles are seen. */
export const showTrouble = async (running: Running, address: string): Promise<void> => {
  const isNew = (await running.host.get(toId(1))) === undefined;
  if (isNew) await placeOrders(running);
  console.log(`\n${isNew ? 'The demo shop is open.' : 'The demo shop is open, with the orders of an earlier start.'} Nothing in it is real.

  ${address}/inspector                      all orders on their chart, live
  ${address}/inspector/incidents            what needs a person: refused refunds, a dispute
  ${address}/orders?state=failed            declined by the bank, or given up
  ${address}/orders?state=paying            among them those whose customer has to confirm at the bank
  ${address}/orders/${rejected}   not enough stock
  ${address}/orders/${cancelled}   cancelled by its customer
  ${address}/orders/${free}   free: it needs no payment
  ${address}/events?types=payment.outcome-unknown   answers of the bank that were lost, and looked up
  ${address}/events?types=inventory.returned        products that came back with a refund by line

Its data is in data/demo: remove that folder to begin anew. Ctrl-C stops it.`);
  if (!isNew) return;
  await makeTrouble(running);
  console.log('\nRefunds are asked for, and a payment is disputed: the shop shows each kind of trouble now.');
};
