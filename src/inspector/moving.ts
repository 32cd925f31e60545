// What is kept in memory of an order that is under way, while somebody looks: enough to place it on the chart.
import { orderSystem } from '../../machines/system.ts';
import type { OrderChange, OrderView } from '../host.ts';
import { toStateName } from '../step/notes.ts';
import type { SystemState } from '../step/snapshot.ts';
import { hasIncident, toTopState } from '../step/view.ts';
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

const holding = new Set(['reserved', 'committing', 'releasing']);
const expiry = 'reservationExpiry';

const findExpiry = ({ deadlines }: SystemState): number | null => {
  for (const [key, { dueAt }] of deadlines) if (key.includes(expiry)) return dueAt;
  return null;
};

/** What an order is from the beginning: it is read once. */
const toFixed = (orderId: string, { actors, createdAt }: SystemState) => {
  const { customerId, amount, currency, items } = actors.get('order')?.snapshot.context ?? {};
  return {
    id: orderId,
    customerId: String(customerId),
    amount: Number(amount),
    currency: String(currency),
    shares: Array.isArray(items) ? toShares(items) : [],
    chartVersion: orderSystem.version,
    createdAt,
  };
};

/** Undefined where the system has no order chart. `known`: the order as it was before. */
export const toMoving = ({ orderId, state }: OrderChange, known: Moving | undefined): Moving | undefined => {
  const [order, stock] = [state.actors.get('order'), state.actors.get('inventory')];
  if (order === undefined) return undefined;
  return {
    ...(known ?? toFixed(orderId, state)),
    state: toStateName(order.snapshot),
    since: order.since,
    incident: hasIncident(state),
    isHolding: stock !== undefined && holding.has(toTopState(stock.snapshot)),
    heldUntil: findExpiry(state),
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
  shares: toShares(view.items),
  chartVersion: view.chartVersion,
  createdAt: view.createdAt,
  version: view.version,
  isHolding: holding.has(view.actors.inventory.state.split('.', 1)[0] ?? ''),
  heldUntil: view.deadlines.find(({ name }) => name === expiry)?.dueAt ?? null,
});

const toShares = (items: readonly Share[]): readonly Share[] =>
  items.map(({ productId, quantity }) => ({ productId, quantity }));
