// How a simulation ends: whether everything is at rest, whether everything that was accepted is stored, and the report.
// It changes nothing but the monitor's list of violations.
import type { SimulationOrder, SimulationReport } from '../simulation.ts';
import type { Store } from '../store.ts';
import type { FollowedOrder, Monitor } from './monitor.ts';

/** Nothing of it moves by itself, and no call is pending. */
export const isAtRest = ({ isSettled, isQuarantined, calls }: FollowedOrder): boolean =>
  (isSettled || isQuarantined) && calls.size === 0;

export const checkAccepted = async (
  monitor: Monitor,
  store: Store,
  orderIds: Iterable<string>,
): Promise<void> => {
  const ids = [...orderIds];
  const stored = await store.load(ids);
  for (const id of ids) if (!stored.has(id)) monitor.violate(`${id} was accepted, and is not stored`);
};

/** `others`: what else is not finished. */
export const reportStuck = async (monitor: Monitor, store: Store, others: string): Promise<void> => {
  monitor.violate(`not at rest ten minutes after the faults stopped; ${others}`);
  for (const [orderId, order] of monitor.orders()) {
    if (isAtRest(order)) continue;
    const events = await store.events({ orderId, after: 0, limit: 1000 });
    const last = events.slice(-5).map(({ type }) => type);
    const calls = [...order.calls.values()].join(', ') || 'no calls';
    monitor.violate(`${orderId} is ${order.state} with ${calls}; its last events: ${last.join(', ')}`);
  }
};

export const toReport = (order: SimulationOrder, monitor: Monitor, virtualMs: number): SimulationReport => {
  const states: Record<string, number> = {};
  for (const [, { state }] of monitor.orders()) states[state] = (states[state] ?? 0) + 1;
  const { seed, orders, nodes } = order;
  const { commits, crashes, sightings, violations } = monitor;
  return {
    ...{ seed, orders, nodes, virtualMs, commits, crashes, sightings, states, violations },
    hash: monitor.hash(),
  };
};
