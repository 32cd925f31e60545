// A store whose earlier history is moved beside its work, on a clock that a test moves; and all that a host asks a store about
// history, to compare one store with another.
import { expect } from 'vitest';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import type { EventFilter, Store } from '../../src/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { toNeeds } from '../contracts/store-samples.ts';
import { createFakeClock } from '../fake-clock.ts';
import { writeHere } from './write-here.ts';

/** The store of a file, whose takeover goes on with `clock`. */
export const openPendingStore = (path: string, takenOverAtStart: number) => {
  const clock = createFakeClock();
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const database = openDatabase(path, shop, { takenOverAtStart, clock, say });
  const store = createSqliteStore(writeHere(database), shop.tables);
  const moveSome = (steps: number) => clock.advance(steps * limits.leastTakeoverRestMs);
  return { store, database, said, clock, moveSome, isPending: () => database.takeover?.isPending() ?? false };
};

const filters: readonly Omit<EventFilter, 'after' | 'limit'>[] = [
  {},
  { upTo: 700 },
  { types: ['order.created', 'payment.completed'] },
  { orderId: 'completed-1-3' },
  { orderId: 'completed-1-3', types: ['order.completed'] },
  { types: ['order.completed'], upTo: 1000 },
];

export const readJournal = async (
  store: Store,
  filter: Omit<EventFilter, 'after' | 'limit'>,
  limit: number,
) => {
  const events = [];
  for (let after = 0; ; ) {
    const page = await store.events({ ...filter, after, limit });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined) return events;
    after = last.position;
  }
};

/** All that a host asks a store about history. */
export const readStore = async (store: Store) => {
  const orders = await store.list({ limit: 10_000 });
  const [owner] = new Set(orders.map(({ summary }) => summary.owner));
  const journals = await Promise.all(
    [...filters, { owner }].map((filter) => readJournal(store, filter as EventFilter, 57)),
  );
  // A page ends between two events, wherever the one before and the one after are.
  journals.push(await readJournal(store, { upTo: 150 }, 3));
  const received = new Map<string, unknown>();
  const asked: { orderId: string; messageId: string }[] = [];
  for (const { orderId } of orders) {
    const messages = await store.received(orderId, 0, 1000);
    const paged = [...(await store.received(orderId, 0, 3)), ...(await store.received(orderId, 3, 1000))];
    expect(paged).toEqual(messages);
    received.set(orderId, messages);
    asked.push(...messages.map(({ messageId }) => ({ orderId, messageId })));
    asked.push({ orderId, messageId: 'never sent' });
  }
  const batch = await store.open(toNeeds([], { received: asked }));
  const duplicates = asked.filter(({ orderId, messageId }) => batch.loaded.hasReceived(orderId, messageId));
  batch.release();
  return { journals, received, duplicates, lastPosition: await store.lastPosition() };
};
