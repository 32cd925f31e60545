// The traffic of a shop, at a steady rate: customers who place orders and never give up, who cancel, come back
// for a refund, look at their orders, or leave in the middle; and readers of streams who hardly read. It notes
// what it was promised, so that somebody can compare.
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { ask, persist, post } from '../e2e/client.ts';

export interface Traffic {
  /** Ids of the orders that were answered 2xx. */
  readonly accepted: ReadonlySet<string>;
  readonly figures: Readonly<Record<'moves' | 'reads' | 'left' | 'unanswered', number>>;
  /** Takes up nothing new and resolves when everybody has an answer. */
  stop(): Promise<void>;
}

interface Shop {
  /** Where the service listens now. */
  url(): string;
  readonly random: SeededRandom;
  /** Customers in a second. */
  readonly rate: number;
  readonly slowReaders: number;
}

const productIds = ['product-1', 'product-2', 'product-3'] as const;

export const startTraffic = (shop: Shop): Traffic => {
  const { rate } = shop;
  const accepted = new Set<string>();
  const figures = { moves: 0, reads: 0, left: 0, unanswered: 0 };
  const busy = new Set<Promise<void>>();
  let stopped = false;

  const serve = (customer: Promise<void>) => {
    const served = customer.catch(() => {
      figures.unanswered += 1;
    });
    busy.add(served);
    void served.finally(() => busy.delete(served));
  };

  const coming = (async () => {
    const startedAt = performance.now();
    for (let number = 0; !stopped; number += 1) {
      const dueAt = startedAt + (number * 1000) / rate;
      await pause(Math.max(0, dueAt - performance.now()));
      serve(visit(shop, number, accepted, figures));
    }
  })();
  const readers = Array.from({ length: shop.slowReaders }, () => readSlowly(shop, () => stopped));
  return {
    accepted,
    figures,
    stop: async () => {
      stopped = true;
      await coming;
      await Promise.all(busy);
      await Promise.all(readers);
    },
  };
};

type Figures = Record<'moves' | 'reads' | 'left' | 'unanswered', number>;

/** One customer: an order, and perhaps a second thought. */
const visit = async (
  { url, random }: Shop,
  number: number,
  accepted: Set<string>,
  figures: Figures,
): Promise<void> => {
  const items = [{ productId: random.pick(productIds), quantity: random.between(1, 3) }];
  const body = { customerId: `customer-${number % 1000}`, email: 'c@example.com', currency: 'USD', items };
  const [leaves, cancels, refunds, reads] = [0.05, 0.1, 0.1, 0.3].map((share) => random.happens(share));
  if (leaves) {
    figures.left += 1;
    // What becomes of it is unknown: the same key, a moment later, decides it.
    await leaveAfter(random.fraction() * 20, `${url()}/orders`, body, `order-${number}`);
  }
  const { status, body: order } = await persist(url, body, `order-${number}`);
  if (status >= 300) throw new Error(`an order was answered ${status}`);
  accepted.add(order.id);
  if (cancels) {
    figures.moves += 1;
    await post(`${url()}/orders/${order.id}/cancel`, {}).catch(() => undefined);
  }
  if (refunds) {
    figures.moves += 1;
    await pause(2000);
    await post(`${url()}/orders/${order.id}/refunds`, { amount: 1 }, `refund-${number}`).catch(
      () => undefined,
    );
  }
  if (reads) {
    figures.reads += 1;
    await ask(`${url()}/orders/${order.id}`).catch(() => undefined);
    await ask(`${url()}/orders?settled=false&limit=10`).catch(() => undefined);
  }
};

/** Sends a request and is gone before, or while, it is answered. */
const leaveAfter = async (ms: number, url: string, body: object, key: string): Promise<void> => {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, prefer: 'wait=5' };
  const signal = AbortSignal.timeout(Math.max(1, Math.round(ms)));
  await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal }).catch(() => undefined);
};

/** Follows all orders, takes a little every second, and comes back when the connection is gone. */
const readSlowly = async ({ url }: Shop, isOver: () => boolean): Promise<void> => {
  let socket: Socket | undefined;
  while (!isOver()) {
    if (socket === undefined || socket.destroyed) {
      const { hostname, port } = new URL(url());
      socket = connect({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined);
      socket.write('GET /events/stream?after=0 HTTP/1.1\r\nhost: soak\r\n\r\n');
    }
    socket.read(1024);
    await pause(1000);
  }
  socket?.destroy();
};
