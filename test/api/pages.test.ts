// Pages of lists are bounded in bytes as well as in entries, and reading some types of events is bounded work: each walk
// over all pages still shows everything once and in order.
import { expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import { free, place, toEvent, toMessage, toWrite, write } from '../contracts/store-samples.ts';
import { createEdge, type Edge } from './edge.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Every page of a list, from the first to the last. */
const walk = async (edge: Edge, url: string, name: string) => {
  const pages: { readonly entries: readonly Shown[]; readonly bytes: number }[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const answer = await edge.get(`${url}${after === '' ? '' : `&after=${after}`}`);
    expect(answer.statusCode).toBe(200);
    const body: Readonly<Record<string, Shown[]>> & { readonly next: string | null } = answer.json();
    pages.push({ entries: body[name] ?? [], bytes: Buffer.byteLength(answer.body) });
    after = body.next;
  }
  return { pages, all: pages.flatMap(({ entries }) => entries) };
};
/** Braces, names and commas around the entries. */
const around = 1200;

const fillEvents = async (edge: Edge, sizes: readonly number[]): Promise<void> => {
  const events = sizes.map((size, index) =>
    toEvent(index + 1, { type: 'order.validated', data: { note: 'é'.repeat(size / 2) } }),
  );
  await place(edge.store, 'order-1', { events });
};

it.each(['/events?limit=1000', '/orders/order-1/events?limit=1000'])(
  'pages of %s end where they would be larger than 1 MiB, and go on behind that',
  async (url) => {
    const edge = await createEdge();
    await edge.add('order-0');
    const before = await edge.runner.lastPosition();
    await fillEvents(edge, [...Array(200).fill(400), ...Array(40).fill(100_000), ...Array(200).fill(10)]);
    // `findOrder` reads orders that are real.
    edge.replaced.get = () => edge.runner.get('order-0');
    const { pages, all } = await walk(edge, url, 'events');
    const own = all.filter(({ subject }) => subject === 'order-1').map(({ position }) => Number(position));
    expect(own).toEqual(Array.from({ length: 440 }, (_, index) => before + index + 1));
    expect(pages.length).toBeGreaterThanOrEqual(4);
    expect(pages.length).toBeLessThanOrEqual(6);
    for (const { entries, bytes } of pages) {
      expect(entries.length).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(limits.pageBytes + around);
    }
  },
);

it('an entry that is larger than a page comes alone, and what follows is not lost', async () => {
  const edge = await createEdge();
  await fillEvents(edge, [10, 2 * limits.pageBytes, 10]);
  const { pages } = await walk(edge, '/events?limit=10', 'events');
  expect(pages.map(({ entries }) => entries.map(({ position }) => position))).toEqual([['1'], ['2'], ['3']]);
});

it('pages of messages end where they would be larger than 1 MiB', async () => {
  const edge = await createEdge();
  const received = Array.from({ length: 60 }, (_, index) =>
    toMessage(index + 1, { messageId: `m${index}`, data: { note: 'x'.repeat(60_000) } }),
  );
  await write(edge.store, [toWrite('order-1', 0, { version: 60, received })], { lease: free });
  const { pages, all } = await walk(edge, '/orders/order-1/messages?limit=100', 'messages');
  expect(all.map(({ version }) => version)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  expect(pages.length).toBe(4);
  for (const { bytes } of pages) expect(bytes).toBeLessThanOrEqual(limits.pageBytes + around);
});

it('pages of orders end where they would be larger than 1 MiB, newest first and each once', async () => {
  const edge = await createEdge();
  const line = { productId: 'product-1', name: 'K'.repeat(200), quantity: 1, unitPrice: 5, lineTotal: 5 };
  const items = Array.from({ length: limits.lines }, () => line);
  const basket = { customerId: 'customer-1', email: 'ada@example.com', currency: 'EUR', items, amount: 1000 };
  const ids = Array.from({ length: 40 }, (_, index) => `order-${String(index).padStart(2, '0')}`);
  for (const orderId of ids) await edge.runner.place({ ...basket, orderId });
  const { pages, all } = await walk(edge, '/orders?limit=100', 'orders');
  expect(all.map(({ id }) => id)).toEqual([...ids].reverse());
  expect(pages.length).toBeGreaterThan(1);
  for (const { entries, bytes } of pages) {
    expect(entries.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(limits.pageBytes + around);
  }
});

it('a page of a rare type looks through a bounded part of the journal, and its cursor goes on', async () => {
  const edge = await createEdge();
  const count = limits.examinedEvents * 2.5;
  const types = Array.from({ length: count }, (_, index) =>
    index === 10 || index === count - 1 ? 'order.failed' : 'order.validated',
  );
  const events = types.map((type, index) => toEvent(index + 1, { type }));
  await place(edge.store, 'order-1', { events });
  const examined: number[] = [];
  edge.replaced.events = (filter) => {
    examined.push(Math.min(filter.upTo ?? count, count) - filter.after);
    return edge.runner.events(filter);
  };
  const { pages, all } = await walk(edge, '/events?types=order.failed&limit=5', 'events');
  expect(all.map(({ position }) => position)).toEqual(['11', String(count)]);
  expect(pages.map(({ entries }) => entries.length)).toEqual([1, 0, 1]);
  for (const each of examined) expect(each).toBeLessThanOrEqual(limits.examinedEvents);
});
