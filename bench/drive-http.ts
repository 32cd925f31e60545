// The client of the HTTP runs, in its own process: places orders with an idempotency key each, and learns that
// they are settled from one event stream, or by `Prefer: wait` in the request itself.
import { randomUUID } from 'node:crypto';
import { percentile, type RawFigures } from './figures.ts';
import { openConnection, openStream } from './http-client.ts';
import { keepInFlight } from './in-flight.ts';
import { sinceUse, takeUse } from './own-use.ts';
import type { TaskOf } from './tasks.ts';

const body = JSON.stringify({
  customerId: 'customer-123',
  email: 'someone@example.com',
  currency: 'USD',
  items: [
    { productId: 'product-1', quantity: 2 },
    { productId: 'product-2', quantity: 1 },
  ],
});
/** With these an order is settled: nothing moves it any more. */
const lastEvents = 'order.completed,order.failure-notification-sent';

const createSettlements = () => {
  const early = new Set<string>();
  const waiting = new Map<string, () => void>();
  return {
    note: (orderId: string) => {
      const resolve = waiting.get(orderId);
      waiting.delete(orderId);
      if (resolve) resolve();
      else early.add(orderId);
    },
    wait: (orderId: string): Promise<void> =>
      early.delete(orderId)
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.set(orderId, resolve);
          }),
  };
};

export const drive = async ({
  port,
  inFlight,
  orders,
  warmUp,
  how,
}: TaskOf<'drive'>): Promise<RawFigures> => {
  const free = Array.from({ length: inFlight }, () => openConnection(port));
  const settlements = createSettlements();
  const leave = await openStream(port, `/events/stream?types=${lastEvents}`, (line) => {
    const subject = /^data: .*"subject":"([^"]+)"/.exec(line)?.[1];
    if (subject !== undefined) settlements.note(subject);
  });
  const wait = how === 'wait' ? 'Prefer: wait=30\r\n' : '';
  const place = async (): Promise<void> => {
    const connection = free.pop();
    if (connection === undefined) throw new Error('no connection is free');
    const answer = await connection.ask(
      'POST',
      '/orders',
      `Idempotency-Key: ${randomUUID()}\r\n${wait}`,
      body,
    );
    free.push(connection);
    const orderId = /^\{"id":"([^"]+)"/.exec(answer.body)?.[1];
    if (answer.status !== 201 || orderId === undefined) {
      throw new Error(`placing was answered ${answer.status}: ${answer.body}`);
    }
    if (how === 'stream') await settlements.wait(orderId);
    else if (!/"settled":true/.test(answer.body)) throw new Error('it was not waited for');
  };
  await keepInFlight(inFlight, warmUp, place);
  const start = takeUse();
  const took = await keepInFlight(inFlight, orders, place);
  const used = sinceUse(start, orders);
  leave();
  for (const connection of free) connection.close();
  return { ...used, p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
};
