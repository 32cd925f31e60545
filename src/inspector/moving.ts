// What is kept in memory of an order that is under way, while somebody looks: enough to place it on the chart.
import { orderSystem } from '../../machines/system.ts';
import type { OrderChange, OrderView } from '../host.ts';
import { toStateName } from '../step/notes.ts';
import { hasIncident } from '../step/view.ts';
import type { Share } from '../store.ts';
import type { Filtered } from './filter.ts';
import type { OrderInState } from './shapes.ts';

export interface Moving extends OrderInState, Filtered {
  readonly version: number;
  readonly shares: readonly Share[];
  /** Whether its stock is held, and until when at most. */
  readonly isHolding: boolean;
  readonly heldUntil: number | null;
}

const holding = /^(?:reserved|committing|releasing)/;
const expiry = 'reservationExpiry';

/** Undefined where the system has no order chart. */
export const toMoving = ({ orderId, state }: OrderChange): Moving | undefined => {
  const order = state.actors.get('order');
  if (order === undefined) return undefined;
  const stock = state.actors.get('inventory');
  const inventory = stock ? toStateName(stock.snapshot) : '';
  const { customerId, amount, currency, items } = order.snapshot.context;
  return {
    id: orderId,
    state: toStateName(order.snapshot),
    customerId: String(customerId),
    amount: Number(amount),
    currency: String(currency),
    since: order.since,
    incident: hasIncident(state),
    shares: Array.isArray(items) ? toShares(items) : [],
    chartVersion: orderSystem.version,
    createdAt: state.createdAt,
    version: state.version,
    isHolding: holding.test(inventory),
    heldUntil: [...state.deadlines].find(([key]) => key.includes(expiry))?.[1].dueAt ?? null,
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
  shares: toShares(view.items),
  chartVersion: view.chartVersion,
  createdAt: view.createdAt,
  version: view.version,
  isHolding: holding.test(view.actors.inventory.state),
  heldUntil: view.deadlines.find(({ name }) => name === expiry)?.dueAt ?? null,
});

const toShares = (items: readonly Share[]): readonly Share[] =>
  items.map(({ productId, quantity }) => ({ productId, quantity }));
