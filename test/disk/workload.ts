// A workload from a seed: orders that end in every way, moves, a change of the catalogue, an unreadable order, a stop and
// a start in between. Together they run every statement of the store. It checks nothing.
import type { Message } from '../../machines/messages.ts';
import type { ApiKey } from '../../src/access.ts';
import type { Rows } from '../../src/application.ts';
import { noteProvider } from '../../src/shop/providers.ts';
import { countRefunded } from '../../src/shop/refund-totals.ts';
import type { SeededRandom } from '../../src/simulator/random.ts';
import type { WebhookEndpoint } from '../../src/webhooks.ts';
import { idempotency, sample, widgets } from '../hosts/harness.ts';
import { type Acknowledged, noteOrder } from './acknowledged.ts';
import { callTimeoutMs, type Shop } from './shop-on-disk.ts';

/** One step of a workload. Resolves when it is done; the clock may advance meanwhile. */
export type Step = (shop: Shop, acknowledged: Acknowledged) => Promise<void>;

/** Places an order, whose answer comes before the clock advances. */
export const place =
  (orderId: string, placement = widgets(1)): Step =>
  async ({ host }, acknowledged) => {
    const outcome = await host.place({ ...placement, orderId }, idempotency(`key-${orderId}`));
    if (outcome.outcome === 'done') noteOrder(acknowledged, orderId, outcome.result.view.version);
  };

/** Repeats a request, as a client does that got no answer. */
const placeAgain =
  (orderId: string): Step =>
  async ({ host }) => {
    await host.place({ ...sample, orderId: `${orderId}-again` }, idempotency(`key-${orderId}`));
  };

/** The bank reports a charge that is known already. */
const reportCharge =
  (orderId: string, amount: number): Step =>
  async ({ host }) => {
    const key = `${orderId}/charge/1`;
    const charge = { key, attempt: 1, transactionId: `txn-${key}`, amount, currency: 'USD' };
    const message: Message = { type: 'gateway.charged', ...charge };
    await host.send({ orderId, to: 'payment', message, messageId: `of ${key}`, otherwise: 'record' });
  };

const refundDay = { principal: 'ada', day: '2026-01-01', currency: 'USD' };

const move =
  (orderId: string, message: Message, alongside?: (rows: Rows) => void): Step =>
  async ({ host }, acknowledged) => {
    const outcome = await host.send({ orderId, to: 'order', message, otherwise: 'refuse', alongside });
    if (outcome.outcome === 'done') noteOrder(acknowledged, orderId, outcome.result.view.version);
  };

const advance =
  (milliseconds: number): Step =>
  async ({ advance }) =>
    advance(milliseconds);

const together =
  (...steps: readonly Step[]): Step =>
  async (shop, acknowledged) => {
    await Promise.all(steps.map((step) => step(shop, acknowledged)));
  };

/** A new product, and a delivery of it. */
const stockProduct =
  (productId: string, onHand: number): Step =>
  async ({ catalogue, now }) => {
    await catalogue.addProduct(productId, { name: 'Rope', unitPrice: 1, currency: 'USD', onHand }, now());
    await catalogue.adjustStock({ productId, by: 5, reason: 'delivery', who: 'operator', at: now() });
  };

/** Keys, a session that ends, and what a person notes about an order. */
const workWithPeople =
  (orderId: string): Step =>
  async ({ host, store, now }) => {
    const key: ApiKey = {
      ...{ keyId: `key-${orderId}`, hash: '00', principal: 'ada', owner: null },
      scopes: ['money'],
      ...{ sessionOf: null, requestsPerMinute: null, refundsPerDay: 5000, createdAt: now() },
      ...{ expiresAt: null, lastUsedAt: null, revokedAt: null },
    };
    const session = { ...key, keyId: `session-${orderId}`, sessionOf: key.keyId };
    await store.writeApiKeys([key, session]);
    await store.removeApiKeys([session.keyId]);
    await host.addNote({ orderId, kind: 'note', text: 'called her', principal: 'ada' });
  };

/** Endpoints of webhooks with a log: one that stays, and one that goes. */
const workWithWebhooks: Step = async ({ store, now }) => {
  const endpoint = (endpointId: string): WebhookEndpoint => ({
    ...{ endpointId, url: 'https://shop.example/', types: null, secrets: [], state: 'enabled' },
    ...{ createdAt: now(), position: 1, tries: 0, nextAt: null, failingSince: null },
  });
  const about = { position: 1, eventId: 'event-1', type: 'order.created', at: now() };
  for (const each of ['stays', 'goes']) {
    await store.writeWebhook(endpoint(each), [{ ...about, try: 1, status: 200, problem: null }]);
  }
  await store.removeWebhook('goes');
};

/** Two services need a person; one incident is closed by its id, the other because what it was about is over. */
const workWithServiceIncidents: Step = async ({ store, now }) => {
  const rules = { once: false, most: 10 };
  const closing = { at: now(), by: 'ada', note: 'seen' };
  for (const key of ['by-id', 'by-key']) {
    const about = { service: 'webhooks', reason: 'endpoint-dead', text: 'It is dead.', details: {} };
    const stands = { openedAt: now(), closedAt: null, closedBy: null, note: null };
    await store.openServiceIncident({ incidentId: `incident-${key}`, key, ...about, ...stands }, rules);
  }
  await store.closeServiceIncident({ incidentId: 'incident-by-id' }, closing);
  await store.closeServiceIncident({ key: 'by-key' }, closing);
};

/** A pause of a service that is over. */
const workWithServiceHolds: Step = async ({ store, now }) => {
  const who = { reason: 'maintenance', principal: 'ada', resumedBy: 'ada' };
  const times = { since: now(), resumedAt: now(), endedAt: now() };
  await store.writeServiceHold({ holdId: 'hold-1', service: 'mailer', kind: 'pause', ...who, ...times });
};

const noteSimulatedProvider: Step = async ({ store }) => {
  const settings = { newest: 'simulated', has: () => true, describe: String };
  await noteProvider(store, settings, () => undefined);
};

/** 1 × Widget for 0.09. */
const tooCheap = () => {
  const [item] = sample.items;
  const items = item ? [{ ...item, quantity: 1, unitPrice: 9, lineTotal: 9 }] : [];
  return { ...sample, amount: 9, items };
};

/** The steps before and after a stop and a start. */
export const planWorkload = (
  random: SeededRandom,
  capture: 'at-once' | 'later',
): readonly (readonly Step[])[] => {
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
  const later: Message =
    capture === 'later'
      ? { type: 'order.cancel', reason: 'changed my mind' }
      : { type: 'order.refund', refundId: 'a', amount: 1000, reason: 'late' };
  const beforeStop = [
    together(...placed.slice(0, 2)),
    advance(10),
    together(...placed.slice(2)),
    advance(10),
    stockProduct('product-8', random.between(0, 99)),
    advance(5000),
    move(first, finish, (rows) => void countRefunded(rows, refundDay, 1, 5000)),
    placeAgain(first),
    reportCharge(first, good[0]?.placement.amount ?? 0),
    advance(10),
    workWithPeople(first),
    workWithWebhooks,
    workWithServiceIncidents,
    workWithServiceHolds,
    noteSimulatedProvider,
    move(second, later),
    advance(1000),
    place('lost-late', { ...sample, reference: 'cart-1' }),
  ];
  const afterStart = [
    advance(10),
    async ({ host }, _acknowledged) =>
      host.amend('orders', `key-${first}`, { status: 201, body: `${first} amended`, version: 1 }),
    async ({ store }, _acknowledged) => store.markUnreadable(first, 'unreadable'),
    stockProduct('product-9', random.between(0, 99)),
    together(
      place('lost-cancelled', sample),
      place('rejected-1', tooCheap()),
      place('rejected-2', widgets(1000)),
    ),
    async ({ host }, _acknowledged) => void (await host.health()),
    move('lost-cancelled', { type: 'order.cancel', reason: 'too slow' }),
    advance(callTimeoutMs + 5000),
  ] satisfies readonly Step[];
  return [beforeStop, afterStart];
};

/** For a disk that fails: an order that settles, and a change of the catalogue. */
export const planShortWorkload = (): readonly Step[] => [
  place('good-1', sample),
  advance(1000),
  stockProduct('product-8', 8),
];
