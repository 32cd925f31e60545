// When deadlines fire: on time, again after a commit that failed, and without keeping a quiet shop busy.
import { expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { interceptWrites } from '../stores/intercept.ts';
import {
  type Answer,
  createCounter,
  never,
  type OpenHost,
  openHost,
  place,
  settleNow,
  widgets,
} from './harness.ts';

const { PAY_WITHIN_MS: payWithinMs, POLL_MS: pollMs, RETRY_FIRST_DELAY_MS: firstDelayMs } = readSettings();

/** Fails at the first notice of each order: the second waits for a deadline, and nothing else is under way. */
const createUnreliableMailer = (): Answer<'mailer'> => {
  const seen = new Set<string>();
  return ({ orderId }) => {
    if (seen.has(orderId)) return { type: 'mailer.sent' };
    seen.add(orderId);
    return { type: 'mailer.failed', reason: 'down' };
  };
};

/** A store whose writes fail while `failing.now` is set. */
const createFailingStore = () => {
  const failing = { now: false, times: 0 };
  const store = interceptWrites(createMemoryStore(), (_write, proceed) => {
    if (!failing.now) return proceed();
    failing.times += 1;
    // Whoever tries again and again is let through in the end, so that the test ends.
    if (failing.times > 20) failing.now = false;
    return Promise.reject(new Error('disk full'));
  });
  return { store, failing };
};

/** Moves time on in one step; what becomes due is done before it goes further. */
const pass = async ({ clock }: Pick<OpenHost, 'clock'>, milliseconds: number) => {
  await settleNow({ clock });
  await clock.advance(milliseconds);
  await settleNow({ clock });
};

test('a deadline whose commit failed fires at the next poll, also when nothing else happens', async () => {
  const { store, failing } = createFailingStore();
  const { clock, mailerCalls, ...open } = await openHost({ store, mailer: createUnreliableMailer() });
  const { id } = await place(open);
  await pass({ clock }, firstDelayMs / 2);
  expect(mailerCalls).toHaveLength(1);
  failing.now = true;
  await pass({ clock }, firstDelayMs / 2);
  expect(failing.times).toBe(1);
  failing.now = false;
  await pass({ clock }, pollMs);
  expect(mailerCalls).toHaveLength(2);
  expect(await open.host.get(id)).toMatchObject({ state: 'completed' });
});

test('a deadline whose commit fails is tried once in each poll, and that is logged', async () => {
  const { store, failing } = createFailingStore();
  const { clock, lines, ...open } = await openHost({ store, mailer: createUnreliableMailer() });
  await place(open);
  await pass({ clock }, firstDelayMs / 2);
  failing.now = true;
  await pass({ clock }, firstDelayMs / 2);
  for (let polls = 0; polls < 3; polls += 1) await pass({ clock }, pollMs);
  expect(failing.times).toBe(4);
  expect(
    lines.filter(({ level, orders, msg }) => level === 50 && orders === 1 && msg !== 'the commit failed'),
  ).toHaveLength(4);
});

test('each deadline fires when it is due, not at the next poll', async () => {
  const settings = { POLL_MS: 60_000 };
  const { clock, mailerCalls, ...open } = await openHost({ settings, mailer: createUnreliableMailer() });
  const mailedTo: string[][] = [];
  const orders = [];
  for (const quantity of [1, 2]) {
    orders.push(await place(open, widgets(quantity)));
    await pass({ clock }, firstDelayMs / 2);
  }
  for (let half = 0; half < 2; half += 1) {
    mailedTo.push(mailerCalls.map(({ orderId }) => orderId).slice(2));
    await pass({ clock }, firstDelayMs / 2);
  }
  const [first = '', second = ''] = orders.map(({ id }) => id);
  expect(mailedTo).toEqual([[first], [first, second]]);
});

test('a store that fails once when it is asked for deadlines is asked again', async () => {
  const store = createMemoryStore();
  let isBroken = false;
  const nextWake: typeof store.nextWake = async () => {
    if (isBroken) throw new Error('disk full');
    return store.nextWake(['1']);
  };
  const { clock, mailerCalls, lines, ...open } = await openHost({
    store: { ...store, nextWake },
    mailer: createUnreliableMailer(),
  });
  await place(open, widgets(1));
  await pass({ clock }, firstDelayMs / 2);
  await place(open, widgets(1));
  isBroken = true;
  await pass({ clock }, firstDelayMs / 2);
  expect(mailerCalls).toHaveLength(3);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 50, error: expect.stringContaining('disk full') }),
  );
  isBroken = false;
  await pass({ clock }, pollMs);
  expect(mailerCalls).toHaveLength(4);
});

test('all that is due at once fires, however many orders share a commit', async () => {
  const settings = { MAX_BATCH_ORDERS: 2 };
  const { clock, mailerCalls, ...open } = await openHost({ settings, mailer: createUnreliableMailer() });
  await Promise.all(Array.from({ length: 7 }, () => place(open, widgets(1))));
  await pass({ clock }, firstDelayMs);
  expect(mailerCalls).toHaveLength(14);
});

test('what fell due while nothing ran fires in the order in which it fell due, and the start counts the orders', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const crashed = await openHost({ store, ids, gateway: never });
  const { id, version } = await place(crashed, widgets(1));
  await place(crashed, widgets(1));
  const clock = createFakeClock(crashed.clock.now() + payWithinMs);
  const open = await openHost({ store, ids, clock, gateway: never });
  expect(open.recovery).toMatchObject({ overdue: 2 });
  await settleNow(open);
  // The charge is given up long before the order is.
  const fired = await open.host.received(id, version, 2);
  expect(fired.map(({ to }) => to)).toEqual(['payment', 'order']);
});
