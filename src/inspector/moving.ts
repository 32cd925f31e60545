// What is kept in memory of an order that is under way, while somebody looks: enough to place it on the chart.
import { orderSystem } from '../../machines/system.ts';
import type { OrderChange, OrderView } from '../host.ts';
import { toStateName } from '../step/notes.ts';
import { hasIncident } from '../step/view.ts';
import type { Filtered } from './filter.ts';
import type { OrderInState } from './shapes.ts';

export interface Moving extends OrderInState, Filtered {
  readonly version: number;
}

/** Undefined where the system has no order chart. */
export const toMoving = ({ orderId, state }: OrderChange): Moving | undefined => {
  const order = state.actors.get('order');
  if (order === undefined) return undefined;
  const { customerId, amount, currency, items } = order.snapshot.context;
  return {
    id: orderId,
    state: toStateName(order.snapshot),
    customerId: String(customerId),
    amount: Number(amount),
    currency: String(currency),
    since: order.since,
    incident: hasIncident(state),
    productIds: Array.isArray(items) ? items.map(({ productId }) => String(productId)) : [],
    chartVersion: orderSystem.version,
    createdAt: state.createdAt,
    version: state.version,
  };
};

export const fromView = (view: OrderView): Moving => ({
  id: view.id,
  state: view.actors.order.state,
  customerId: view.customerId,
  amount: view.amount,
  currency: view.currency,
  since: view.actors.order.since,
  incident: view.incidents.length > 0,
  productIds: view.items.map(({ productId }) => productId),
  chartVersion: view.chartVersion,
  createdAt: view.createdAt,
  version: view.version,
});
