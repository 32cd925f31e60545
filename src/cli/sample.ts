// The sample: three products and one order, the same for everybody, so that a first start shows something.
// A second start finds the order of the first and prints its events again; it never places it twice.
import { toIsoTime } from '../clock.ts';
import type { JournalEvent } from '../store.ts';
import type { Running } from './running.ts';

export const sampleProducts = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100 },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 50 },
  { productId: 'product-3', name: 'Gizmo', unitPrice: 2500, currency: 'USD', onHand: 25 },
];

/** A fixed id, so that the seeded gateway always gives the sample the same answer. */
const sampleId = '01900000-0000-7000-8000-000000000175';
const sampleOrder = {
  orderId: sampleId,
  customerId: 'customer-123',
  email: 'customer-123@example.com',
  currency: 'USD',
  amount: 17_500,
  items: [
    { productId: 'product-1', name: 'Widget', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
    { productId: 'product-2', name: 'Gadget', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
  ],
};
const longestTrailMs = 60_000;

/** Places the sample order, unless it was placed before, and prints its event trail until it is settled. */
export const placeSample = async ({ host }: Running, address: string): Promise<void> => {
  const found = await host.get(sampleId);
  const isNew = found === undefined;
  if (isNew) await host.place(sampleOrder);
  console.log(
    isNew
      ? `\nThe sample order (2 × Widget, 1 × Gadget = 175.00 USD) is placed: ${sampleId}`
      : `\nThe sample order was placed by an earlier start: ${sampleId}`,
  );

  const reading = new AbortController();
  const settled = host.waitUntilSettled(sampleId, longestTrailMs);
  const printed = printTrail(host.watch({ orderId: sampleId, after: 0, signal: reading.signal }));
  const view = await settled;
  const last = (await host.history(sampleId, 0, 1000)).at(-1)?.position ?? 0;
  await printed.upTo(last);
  reading.abort();
  console.log(`\nThe order is ${view?.state ?? 'gone'}. Open and call next:

  ${address}/inspector/orders/${sampleId}   the order, live
  ${address}/docs                        every route, to read and try
  curl ${address}/orders/${sampleId}
  curl ${address}/orders/${sampleId}/explain
  curl ${address}/products

Ctrl-C stops the service; the next start finds everything as it was.`);
};

/** Prints events as they come; `upTo` resolves when the event at that position was printed. */
const printTrail = (news: AsyncIterable<readonly JournalEvent[]>) => {
  let printed = 0;
  let wanted = { position: Number.POSITIVE_INFINITY, done: () => {} };
  const reading = (async () => {
    for await (const events of news) {
      for (const { at, actor, type, ...event } of events) {
        console.log(`  ${toIsoTime(at)}  ${actor.padEnd(12)} ${type.padEnd(32)} ${summarise(event)}`);
      }
      printed = events.at(-1)?.position ?? printed;
      if (printed >= wanted.position) wanted.done();
    }
  })();
  return {
    upTo: (position: number): Promise<void> => {
      if (printed >= position) return Promise.resolve();
      const done = Promise.withResolvers<void>();
      wanted = { position, done: done.resolve };
      return Promise.race([done.promise, reading]);
    },
  };
};

/** The short facts of an event: never the customer's address or name. */
const summarise = ({ data }: Pick<JournalEvent, 'data'>): string =>
  ['productId', 'quantity', 'amount', 'finalAmount', 'currency', 'attempt', 'transactionId']
    .filter((name) => name in data)
    .map((name) => `${name}=${String(data[name])}`)
    .join(' ');
