// How long a host keeps the answers of idempotency keys: as long as KEEP_KEYS_HOURS, over restarts, and then no longer.
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { idempotency, openHost, sample, settleNow, shut, widgets } from './harness.ts';

const hour = 3_600_000;
/** Nothing else is to happen while days pass. */
const settings = { POLL_MS: 24 * hour, KEEP_KEYS_HOURS: 48 };

test('a key is answered for KEEP_KEYS_HOURS, and is as new afterwards', async () => {
  const open = await openHost({ settings });
  const { host, clock, store } = open;
  await host.place(sample, idempotency('k'));
  await clock.advance(47 * hour);
  expect(await host.place(sample, idempotency('k'))).toMatchObject({ outcome: 'replayed' });
  await clock.advance(2 * hour);
  expect(await store.idempotencyRecord('orders', 'k')).toBeUndefined();
  const again = await host.place(widgets(1), idempotency('k', 'another request'));
  expect(again.outcome).toBe('done');
  expect(await host.list({ limit: 10 })).toHaveLength(2);
  await shut(open);
});

test('many are forgotten in small parts, which continue soon', async () => {
  const store = createMemoryStore();
  const clock = createFakeClock();
  const first = await openHost({ store, clock, settings });
  await Promise.all(
    Array.from({ length: 450 }, (_, index) => first.host.place(widgets(1), idempotency(`k-${index}`))),
  );
  await shut(first);
  const parts: number[] = [];
  const counted = {
    ...store,
    forgetKeys: async (...asked: Parameters<typeof store.forgetKeys>) => {
      const forgotten = await store.forgetKeys(...asked);
      parts.push(forgotten);
      return forgotten;
    },
  };
  await clock.advance(49 * hour);
  const second = await openHost({ store: counted, clock, settings });
  await settleNow(second);
  expect(parts).toEqual([200]);
  await clock.advance(1000);
  expect(parts).toEqual([200, 200, 50, 0]);
  await shut(second);
});

test('a store that cannot forget is asked again, and the host goes on', async () => {
  const store = createMemoryStore();
  let failures = 0;
  const failing = {
    ...store,
    forgetKeys: async (...asked: Parameters<typeof store.forgetKeys>) => {
      failures += 1;
      if (failures < 3) throw new Error('the disk is full');
      return store.forgetKeys(...asked);
    },
  };
  const open = await openHost({ store: failing, settings });
  await open.host.place(sample, idempotency('k'));
  await open.clock.advance(hour);
  expect(failures).toBeGreaterThan(3);
  expect(open.lines.filter(({ msg }) => String(msg).includes('could not be forgotten'))).toHaveLength(2);
  expect(await open.host.place(sample, idempotency('k'))).toMatchObject({ outcome: 'replayed' });
  await shut(open);
});
