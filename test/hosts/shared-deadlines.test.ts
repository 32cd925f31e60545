// Deadlines of orders that several hosts could fire: the host that committed an order last fires them, and another one does
// if nobody has for a moment.
import pino from 'pino';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { noFaults } from '../../src/faults.ts';
import { DeadlineTimer } from '../../src/hosts/deadline-timer.ts';
import { limits } from '../../src/limits.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { noon, place, toWrite, write } from '../contracts/store-samples.ts';
import { createFakeClock } from '../fake-clock.ts';

/** A timer over a store with two orders that are due at noon; what it fires has no deadline any more. */
const openTimer = async (warm: readonly string[], shared: boolean) => {
  const clock = createFakeClock(noon - 1);
  const store = createMemoryStore();
  for (const orderId of ['warm', 'cold']) await place(store, orderId, { wakeAt: noon });
  const fired: { readonly orderId: string; readonly at: number }[] = [];
  const timer = new DeadlineTimer({
    ...{ store, clock, shared, faults: noFaults, versions: ['1'], owner: 'host-1' },
    settings: readSettings({ POLL_MS: 60_000 }),
    logger: pino({ level: 'silent' }),
    isWarm: (orderId) => warm.includes(orderId),
    fire: async (orderId) => {
      fired.push({ orderId, at: clock.now() });
      await write(store, [toWrite(orderId, 1, { wakeAt: null })]);
    },
  });
  await timer.fireDue();
  return { timer, clock, fired };
};

test('of orders that are due, a host fires at once those that it committed last, and the others after a moment', async () => {
  const { timer, clock, fired } = await openTimer(['warm'], true);
  await clock.advance(1);
  expect(fired).toEqual([{ orderId: 'warm', at: noon }]);
  await clock.advance(limits.deadlinePatienceMs - 1);
  expect(fired).toHaveLength(1);
  await clock.advance(2 * limits.deadlinePatienceMs);
  expect(fired.map(({ orderId }) => orderId)).toEqual(['warm', 'cold']);
  await timer.stop();
});

test('a host that is alone fires all of them at once', async () => {
  const { timer, clock, fired } = await openTimer([], false);
  await clock.advance(1);
  expect(fired).toEqual([
    { orderId: 'warm', at: noon },
    { orderId: 'cold', at: noon },
  ]);
  await timer.stop();
});
