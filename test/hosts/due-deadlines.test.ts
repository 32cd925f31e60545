// Which deadlines of one order fire when its next one is due.
import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { paymentChart } from '../../machines/payment.ts';
import { orderSystem } from '../../machines/system.ts';
import { openHost, place } from './harness.ts';

/** The shipped charts, with a payment that waits for two things in one state, and for no service. */
const waitingTwice = {
  ...orderSystem,
  charts: {
    ...orderSystem.charts,
    payment: setup({ actions: { note: assign({ reminders: 1 }) } }).createMachine({
      id: 'payment',
      context: paymentChart.config.context,
      initial: 'idle',
      states: {
        idle: { on: { 'payment.charge': 'waiting' } },
        waiting: { after: { 1000: { actions: 'note' }, 30000: 'overdue' } },
        overdue: {},
      },
    }),
  },
};

test('of two deadlines that one state has set, the later one fires when it is due itself', async () => {
  const open = await openHost({ charts: waitingTwice });
  const { id } = await place(open);
  const states: unknown[] = [];
  for (const ms of [1000, 28_999, 1]) {
    await open.clock.advance(ms);
    states.push((await open.host.get(id))?.actors['payment']?.state);
  }
  expect(states).toEqual(['waiting', 'waiting', 'overdue']);
});
