// A day in the shop, from a seed: orders that end in every way, moves, a change of the catalogue, an order set
// aside, a stop and a start in between. Together they run every statement of the store. It checks nothing.
import type { Message } from '../../machines/messages.ts';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { idempotency, sample, widgets } from '../hosts/harness.ts';
import { callTimeoutMs, type Shop } from './shop.ts';
import { type Acknowledged, noteOrder } from './witness.ts';

/** One thing that happens in a shop. Whoever does it is told when it is done, and time may pass meanwhile. */
export type Happening = (shop: Shop, acknowledged: Acknowledged) => Promise<void>;

/** Places an order, and hears of it before any time passes. */
export const place =
  (orderId: string, placement = widgets(1)): Happening =>
  async ({ host }, acknowledged) => {
    const outcome = await host.place({ ...placement, orderId }, idempotency(`key-${orderId}`));
    if (outcome.outcome === 'done') noteOrder(acknowledged, orderId, outcome.result.version);
  };

/** Asks for an order once more, as somebody does who did not hear the answer. */
const placeAgain =
  (orderId: string): Happening =>
  async ({ host }) => {
    await host.place({ ...sample, orderId: `${orderId}-again` }, idempotency(`key-${orderId}`));
  };

const move =
  (orderId: string, message: Message): Happening =>
  async ({ host }, acknowledged) => {
    const outcome = await host.send({ orderId, to: 'order', message, otherwise: 'refuse' });
    if (outcome.outcome === 'done') noteOrder(acknowledged, orderId, outcome.result.view.version);
  };

const pass =
  (milliseconds: number): Happening =>
  async ({ pass }) =>
    pass(milliseconds);

const together =
  (...happenings: readonly Happening[]): Happening =>
  async (shop, acknowledged) => {
    await Promise.all(happenings.map((happening) => happening(shop, acknowledged)));
  };

const setProduct =
  (productId: string, onHand: number): Happening =>
  async ({ store, now }) => {
    await store.putProduct(productId, { name: 'Rope', unitPrice: 1, currency: 'USD', onHand }, now());
  };

/** 1 × Widget for 0.09. */
const tooCheap = () => {
  const [item] = sample.items;
  const items = item ? [{ ...item, quantity: 1, unitPrice: 9, lineTotal: 9 }] : [];
  return { ...sample, amount: 9, items };
};

/** What happens in the first half, and in the second, after a stop and a start. */
export const planDay = (
  random: SeededRandom,
  capture: 'at-once' | 'later',
): readonly (readonly Happening[])[] => {
  const kinds = random.shuffle(['good', 'good', 'declined', 'flaky']);
  const orders = kinds.map((kind, index) => ({
    orderId: `${kind}-${index}`,
    placement: random.happens(0.5) ? sample : widgets(random.between(1, 3)),
  }));
  const good = orders.filter(({ orderId }) => orderId.startsWith('good'));
  const placed = orders.map(({ orderId, placement }) => place(orderId, placement));
  const first = good[0]?.orderId ?? '';
  const second = good[1]?.orderId ?? '';
  const finish: Message =
    capture === 'later'
      ? { type: 'order.capture' }
      : { type: 'order.refund', refundId: 'all', reason: 'broken' };
  const part: Message =
    capture === 'later'
      ? { type: 'order.cancel', reason: 'changed my mind' }
      : { type: 'order.refund', refundId: 'a', amount: 1000, reason: 'late' };
  const morning = [
    together(...placed.slice(0, 2)),
    pass(10),
    together(...placed.slice(2)),
    pass(10),
    setProduct('product-8', random.between(0, 99)),
    pass(5000),
    move(first, finish),
    placeAgain(first),
    pass(10),
    move(second, part),
    pass(1000),
    place('lost-late'),
  ];
  const afternoon = [
    pass(10),
    async ({ host }, _acknowledged) => host.amend('orders', `key-${first}`, 201, `${first} amended`),
    async ({ store }, _acknowledged) => store.markUnreadable(first, 'set aside'),
    setProduct('product-9', random.between(0, 99)),
    together(
      place('lost-cancelled', sample),
      place('rejected-1', tooCheap()),
      place('rejected-2', widgets(1000)),
    ),
    async ({ host }, _acknowledged) => void (await host.health()),
    move('lost-cancelled', { type: 'order.cancel', reason: 'too slow' }),
    pass(callTimeoutMs + 5000),
  ] satisfies readonly Happening[];
  return [morning, afternoon];
};

/** A short time, for a disk that fails: an order that comes to its end, and a change of the catalogue. */
export const planHour = (): readonly Happening[] => [
  place('good-1', sample),
  pass(1000),
  setProduct('product-8', 8),
];
