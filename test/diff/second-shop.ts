// The shop with a second version of its charts, as the tests of the comparison need it: an order can be paused and is never
// rejected, an authorisation does not expire, and the payment decides otherwise behind the same names. No order runs on it.
import { orderChart } from '../../machines/order.ts';
import { paymentChart } from '../../machines/payment.ts';
import { orderSystem } from '../../machines/system.ts';
import { editChart } from './edited-charts.ts';

const without = <T>(states: Readonly<Record<string, T>> = {}, name: string) =>
  Object.fromEntries(Object.entries(states).filter(([key]) => key !== name));

const order = editChart(orderChart, {
  validating: (state) => ({
    ...state,
    description: 'the check of stock, prices and limits',
    on: {
      ...state.on,
      'order.pause': { target: 'paused', actions: 'noteOrder' },
      'inventory.check-failed': { target: 'compensating', actions: 'noteProblems' },
    },
  }),
  paused: () => ({
    description: 'the end of the pause',
    on: { 'order.resume': 'validating', 'order.cancel': { target: 'compensating' } },
  }),
  reserving: (state) => ({ ...state, entry: ['announceStarted', 'askToReserve'] }),
  'paying.authorized': (state) => ({ ...state, after: {} }),
  '': (chart) => ({ ...chart, states: without(chart.states, 'rejected') }),
});

const payment = editChart(
  paymentChart,
  {
    'charging.asking': (state) => ({
      ...state,
      on: { ...state.on, 'gateway.refused': { guard: 'mayTryAgain', target: '#payment.failed' } },
    }),
    declined: (state) => ({ ...state, tags: [] }),
  },
  {
    guards: { ...paymentChart.implementations.guards, isRefundable: () => false },
    delays: { ...paymentChart.implementations.delays, lookUpBackOff: 1000 },
  },
);

export const firstVersion = { charts: orderSystem.charts };
export const secondVersion = { charts: { ...orderSystem.charts, order, payment } };
