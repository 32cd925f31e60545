// Traffic at a steady rate: customers who place orders and retry until they are answered, who cancel, ask for refunds,
// read their orders or disconnect; and slow readers of streams. It records what was accepted, and checks nothing.
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { ask, persist, post } from '../e2e/client.ts';

export interface Traffic {
  /** Ids of the orders that were answered 2xx. */
  readonly accepted: ReadonlySet<string>;
  readonly counts: Readonly<Counts>;
  /** Starts nothing new; resolves when every customer is answered. */
  stop(): Promise<void>;
}

interface TrafficOptions {
  /** Where the service listens now. */
  url(): string;
  readonly random: SeededRandom;
  /** Customers per second. */
  readonly rate: number;
  readonly slowReaders: number;
}

const productIds = ['product-1', 'product-2', 'product-3'] as const;

export const startTraffic = (options: TrafficOptions): Traffic => {
  const { rate } = options;
  const accepted = new Set<string>();
  const counts = { moves: 0, reads: 0, disconnects: 0, unanswered: 0 };
  const busy = new Set<Promise<void>>();
  let stopped = false;

  const serve = (customer: Promise<void>) => {
    const served = customer.catch(() => {
      counts.unanswered += 1;
    });
    busy.add(served);
    void served.finally(() => busy.delete(served));
  };

  const arrivals = (async () => {
    const startedAt = performance.now();
    for (let number = 0; !stopped; number += 1) {
      const dueAt = startedAt + (number * 1000) / rate;
      await pause(Math.max(0, dueAt - performance.now()));
      serve(visit(options, number, accepted, counts));
    }
  })();
  const readers = Array.from({ length: options.slowReaders }, () => readSlowly(options, () => stopped));
  return {
    accepted,
    counts,
    stop: async () => {
      stopped = true;
      await arrivals;
      await Promise.all(busy);
      await Promise.all(readers);
    },
  };
};

type Counts = Record<'moves' | 'reads' | 'disconnects' | 'unanswered', number>;

/** One customer: an order, and perhaps a move or a read. */
const visit = async (
  { url, random }: TrafficOptions,
  number: number,
  accepted: Set<string>,
  counts: Counts,
): Promise<void> => {
  const items = [{ productId: random.pick(productIds), quantity: random.between(1, 3) }];
  const body = { customerId: `customer-${number % 1000}`, email: 'c@example.com', currency: 'USD', items };
  const [disconnects, cancels, refunds, reads] = [0.05, 0.1, 0.1, 0.3].map((share) => random.happens(share));
  if (disconnects) {
    counts.disconnects += 1;
    // The outcome is unknown; the retry with the same key decides it.
    await disconnectAfter(random.fraction() * 20, `${url()}/orders`, body, `order-${number}`);
  }
  const { status, body: order } = await persist(url, body, `order-${number}`);
  if (status >= 300) throw new Error(`an order was answered ${status}`);
  accepted.add(order.id);
  if (cancels) {
    counts.moves += 1;
    await post(`${url()}/orders/${order.id}/cancel`, {}).catch(() => undefined);
  }
  if (refunds) {
    counts.moves += 1;
    await pause(2000);
    await post(`${url()}/orders/${order.id}/refunds`, { amount: 1 }, `refund-${number}`).catch(
      () => undefined,
    );
  }
  if (reads) {
    counts.reads += 1;
    await ask(`${url()}/orders/${order.id}`).catch(() => undefined);
    await ask(`${url()}/orders?settled=false&limit=10`).catch(() => undefined);
  }
};

/** Sends a request and disconnects before or while it is answered. */
const disconnectAfter = async (ms: number, url: string, body: object, key: string): Promise<void> => {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, prefer: 'wait=5' };
  const signal = AbortSignal.timeout(Math.max(1, Math.round(ms)));
  await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal }).catch(() => undefined);
};

/** Reads the stream of all orders, 1 KiB a second, and reconnects when the connection is gone. */
const readSlowly = async ({ url }: TrafficOptions, isOver: () => boolean): Promise<void> => {
  let socket: Socket | undefined;
  while (!isOver()) {
    if (socket === undefined || socket.destroyed) {
      const { hostname, port } = new URL(url());
      socket = connect({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined);
      socket.write('GET /events/stream?after=0 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    }
    socket.read(1024);
    await pause(1000);
  }
  socket?.destroy();
};
