// What cannot be read or makes a chart fail is kept aside with an incident, and the other orders go on.
import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { paymentChart } from '../../machines/payment.ts';
import { orderSystem } from '../../machines/system.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createCounter, never, openHost, place, settle, shut, widgets } from './harness.ts';

test('an order that cannot be read is set aside and listed, and the others go on', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const before = await openHost({
    store,
    ids,
    gateway: never,
    settings: { PAY_WITHIN_MS: 86_400_000, RESERVATION_TTL_MS: 86_400_000 },
  });
  const { id } = await place(before);
  await shut(before);
  const newer = { ...orderSystem, version: '3' };
  const settings = { LEAVE_UNREADABLE: '1' };
  const after = await openHost({ store, ids, clock: before.clock, charts: newer, settings });
  await after.clock.advance(0);
  const cancel = { type: 'order.cancel', reason: 'no' } as const;
  await expect(
    after.host.send({ orderId: id, to: 'order', message: cancel, otherwise: 'refuse' }),
  ).rejects.toMatchObject({ code: 'order-unreadable' });
  expect(await after.host.get(id)).toMatchObject({
    state: 'paying',
    incidents: [{ reason: 'unreadable' }],
  });
  expect(await after.host.list({ incident: true, limit: 10 })).toMatchObject([{ id }]);
  expect(await settle(after, (await place(after, widgets(1))).id)).toMatchObject({ state: 'completed' });
  await shut(after);
  const again = await openHost({ store, ids, clock: before.clock, settings });
  expect(await settle(again, id)).toMatchObject({ state: 'completed' });
});

/** The shipped charts, with a payment that fails on amounts of 50.00. */
const poisoned = {
  ...orderSystem,
  charts: {
    ...orderSystem.charts,
    payment: setup({
      guards: {
        isWholesome: ({ event }) => {
          if (event['amount'] === 5000) throw new Error('poison');
          return true;
        },
      },
    }).createMachine({
      id: 'payment',
      context: paymentChart.config.context,
      initial: 'idle',
      states: {
        idle: { on: { 'payment.charge': { guard: 'isWholesome', target: 'charging' } } },
        charging: {},
      },
    }),
  },
};

test('a message that makes a chart fail is set aside with an incident, and other orders go on', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const open = await openHost({ store, ids, charts: poisoned });
  const poison = await place(open, widgets(1));
  const healthy = await place(open, widgets(2));
  expect(healthy.actors['payment']?.state).toBe('charging');
  expect(poison).toMatchObject({
    state: 'reserving',
    incidents: [{ actor: 'inventory', reason: 'message-quarantined' }],
  });
  expect((await open.host.received(poison.id, 0, 10)).at(-1)).toMatchObject({
    type: 'warehouse.reserved',
    disposition: 'dead',
  });

  const retry = {
    orderId: poison.id,
    to: 'inventory',
    message: { type: 'incident.retry' },
    otherwise: 'refuse',
  } as const;
  await expect(open.host.send(retry)).rejects.toMatchObject({ code: 'move-not-allowed' });
  await shut(open);
  const mended = await openHost({ store, ids, clock: open.clock });
  expect(mended.recovery.incidents).toBe(1);
  await mended.host.send(retry);
  expect(await settle(mended, poison.id)).toMatchObject({ state: 'completed', incidents: [] });
});
