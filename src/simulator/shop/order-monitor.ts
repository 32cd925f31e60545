// The shop's part of the monitor: keeps its own books of the reserved stock from what orders write, compares them with
// the store's after every batch, and counts what only an order of a shop can show.

import type { Catalogue } from '../../shop/catalogue.ts';
import type { Sighting } from '../../simulation.ts';
import { isMigration } from '../../step/replay.ts';
import type { OrderWrite } from '../../store.ts';
import { createMonitor, type FollowedOrder, type Monitor } from '../monitor.ts';
import type { Process } from '../process.ts';

/** What the monitor keeps of an order of a shop. */
interface Books {
  isCancelled: boolean;
  products: readonly string[];
  /** Its total, in minor units. */
  amount: number;
  /** Quantities that its events say are reserved, by product. */
  readonly reserved: Map<string, number>;
  /** The notices that its events ask for, as the keys of their calls end. */
  readonly notices: Set<string>;
}

export interface OrderMonitor extends Monitor {
  /** The order's total in minor units; 0 when it is not known. */
  amountOf(orderId: string): number;
  /** What its customer has to be told of what has happened, such as `confirmation/1` and `refund-notice/REFUND`. */
  noticesDue(orderId: string): ReadonlySet<string>;
}

const charging = ['gateway.charge', 'gateway.capture'];
const reservationEnds = ['warehouse.committed', 'warehouse.released'];
const stockEvents = ['inventory.reserved', 'inventory.released', 'inventory.committed'];

/** Messages of the bank's webhooks have this in front of their ids. */
export const webhookPrefix = 'webhook-';

export const createOrderMonitor = (
  now: () => number,
  catalogue: Catalogue,
  /** Of each product, at the start. */
  stocked: number,
  onTrace: ((line: string) => void) | undefined,
  onOrder: (process: Process, write: OrderWrite, versionBefore: string | undefined) => void,
): OrderMonitor => {
  const books = new Map<string, Books>();
  const stock = createStockBooks(catalogue, stocked, (problem) => monitor.violate(problem));
  const noteMessages = (order: Books, { received }: OrderWrite, before: FollowedOrder | undefined): void => {
    for (const { type, disposition } of received) {
      if (type === 'order.cancel' && disposition === 'applied') order.isCancelled = true;
      // What the warehouse did is done, although the order could not say so.
      if (disposition === 'dead' && reservationEnds.includes(type)) {
        for (const [productId, quantity] of order.reserved) {
          if (type === 'warehouse.committed') stock.sell(productId, quantity);
          stock.set(order, productId, 0);
        }
      }
    }
    for (const sighting of received.flatMap((message) => findSightings(message, before))) {
      monitor.saw(sighting);
    }
  };
  const noteEvents = (order: Books, write: OrderWrite, before: FollowedOrder | undefined): void => {
    const chartsOf = followCharts(write);
    for (const { type, data, causationId } of write.events) {
      const notice = toNotice(type, data, chartsOf.get(causationId));
      if (notice !== undefined) order.notices.add(notice);
      if (type === 'order.created') {
        order.products = toProducts(data['items']);
        order.amount = Number(data['amount']);
      }
      if (type === 'inventory.released' && data['why'] === 'expired' && isCharging(before)) {
        monitor.saw('expiry-while-charging');
      }
      if (type === 'payment.refunded' && order.isCancelled) monitor.saw('refund-after-cancel');
      if (type === 'order.completed' && isBesideQuarantined(order)) {
        monitor.saw('completed-beside-quarantined');
      }
      const productId = String(data['productId']);
      const quantity = Number(data['quantity']);
      if (type === 'inventory.committed') stock.sell(productId, quantity);
      if (type === 'inventory.returned') {
        stock.sell(productId, -quantity);
        monitor.saw('stock-returned');
      }
      if (stockEvents.includes(type)) {
        stock.set(order, productId, type === 'inventory.reserved' ? quantity : 0);
      }
    }
  };
  const isBesideQuarantined = ({ products }: Books): boolean =>
    [...monitor.orders()].some(
      ([orderId, { isQuarantined }]) =>
        isQuarantined && books.get(orderId)?.products.some((id) => products.includes(id)),
    );

  const extension = {
    noteOrder: (write: OrderWrite, before: FollowedOrder | undefined, process: Process): void => {
      onOrder(process, write, before?.chartVersion);
      const order = books.get(write.orderId) ?? {
        ...{ isCancelled: false, products: [], amount: 0 },
        reserved: new Map<string, number>(),
        notices: new Set<string>(),
      };
      books.set(write.orderId, order);
      noteMessages(order, write, before);
      noteEvents(order, write, before);
    },
    noteBatch: stock.check,
    noteCrash: (): void => {
      const isCompensating = [...monitor.orders()].some(([, { state }]) => state === 'compensating');
      if (isCompensating) monitor.saw('crash-while-compensating');
    },
  };
  const monitor: OrderMonitor = Object.assign(createMonitor(now, extension, onTrace), {
    amountOf: (orderId: string) => books.get(orderId)?.amount ?? 0,
    noticesDue: (orderId: string) => books.get(orderId)?.notices ?? new Set<string>(),
  });
  return monitor;
};

/** The chart version on which each message of a write was taken, by its id: one among them may have moved the order. */
const followCharts = ({ received, summary }: OrderWrite): ReadonlyMap<string, string> => {
  let charts = summary.chartVersion;
  const taken = new Map<string, string>();
  for (const message of received.toReversed()) {
    if (isMigration(message)) charts = String(message.data['from']);
    taken.set(message.messageId, charts);
  }
  return taken;
};

/** Version 1 of the charts has no notices of its own for what is cancelled or refunded. */
const toNotice = (
  type: string,
  data: OrderWrite['events'][number]['data'],
  chartVersion: string | undefined,
): string | undefined => {
  const isFirst = chartVersion === '1';
  switch (type) {
    case 'order.completed':
      return 'confirmation/1';
    case 'order.failed':
    case 'order.rejected':
      return 'failure/1';
    case 'order.cancelled':
      return isFirst ? 'failure/1' : 'cancellation/1';
    case 'payment.refunded':
      return isFirst ? undefined : `refund-notice/${data['refundId']}`;
    default:
      return undefined;
  }
};

/** What the orders say is reserved, by product. */
const createStockBooks = (catalogue: Catalogue, stocked: number, violate: (problem: string) => void) => {
  const reserved = new Map<string, number>();
  const bought = new Map<string, number>();
  let hasChanged = false;
  return {
    /** Less than 0: it came back. */
    sell: (productId: string, quantity: number): void => {
      bought.set(productId, (bought.get(productId) ?? 0) + quantity);
      hasChanged = true;
    },
    set: (order: Books, productId: string, quantity: number): void => {
      const change = quantity - (order.reserved.get(productId) ?? 0);
      order.reserved.set(productId, quantity);
      reserved.set(productId, (reserved.get(productId) ?? 0) + change);
      hasChanged = true;
    },
    /** Compares them with the store, if they have changed. */
    check: async (): Promise<void> => {
      if (!hasChanged) return;
      hasChanged = false;
      for (const { productId, held, onHand, sold } of await catalogue.products({ limit: 100 })) {
        const expected = reserved.get(productId) ?? 0;
        if (held !== expected) violate(`${productId} has ${held} reserved, and its orders say ${expected}`);
        const left = bought.get(productId) ?? 0;
        if (sold !== left) violate(`${productId} has ${sold} sold, and its orders say ${left}`);
        if (onHand + sold !== stocked)
          violate(`${productId} has ${onHand} on hand and ${sold} sold of ${stocked}`);
        if (held < 0 || sold < 0 || held > onHand) violate(`${productId} is oversold`);
      }
    },
  };
};

const isCharging = (order: FollowedOrder | undefined): boolean =>
  [...(order?.calls.values() ?? [])].some((type) => charging.includes(type));

const findSightings = (
  { type, messageId, disposition, data }: OrderWrite['received'][number],
  before: FollowedOrder | undefined,
): readonly Sighting[] => {
  const sightings: Sighting[] = [];
  const isWebhook = messageId.startsWith(webhookPrefix);
  const isApplied = disposition === 'applied';
  if (type === 'order.cancel' && isApplied && isCharging(before)) sightings.push('cancel-while-charging');
  if (isWebhook && isApplied && isCharging(before)) sightings.push('webhook-before-answer');
  if (isWebhook && !isApplied && before?.isSettled) sightings.push('webhook-after-settled');
  if (type === 'gateway.unknown' && data['reason'] === 'key-expired') sightings.push('key-expired');
  return sightings;
};

const toProducts = (items: unknown): string[] =>
  Array.isArray(items)
    ? items.map((item: unknown) =>
        typeof item === 'object' && item !== null && 'productId' in item ? String(item.productId) : '',
      )
    : [];
