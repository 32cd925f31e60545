// How often one order may be refunded: every refund lengthens a history that is replayed as a whole. It is a limit of this
// edge, not of the charts: orders that were refunded more often before replay as ever. Whether a refund is open, the chart
// decides.
import type { Caller } from '../../access.ts';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { RouteDependencies } from './dependencies.ts';
import { findOrder } from './orders.ts';

/** @throws AppError `refund-limit-reached`, or `order-not-found` */
export const checkRefundLimit = async (
  { host, settings: { MAX_REFUNDS } }: Pick<RouteDependencies, 'host' | 'settings'>,
  orderId: string,
  caller: Caller,
): Promise<void> => {
  const { version } = await findOrder(host, orderId, caller);
  // Each refund is a message of its own: most orders have fewer of any kind.
  if (version < MAX_REFUNDS) return;
  let refunds = 0;
  for (let after = 0; after < version; after += limits.replayPage) {
    const page = await host.received(orderId, after, limits.replayPage);
    refunds += page.filter(
      ({ type, disposition }) => type === 'order.refund' && disposition === 'applied',
    ).length;
    if (refunds < MAX_REFUNDS) continue;
    const detail = `The order was refunded ${refunds} times; MAX_REFUNDS=${MAX_REFUNDS} allows no more.`;
    throw new AppError('refund-limit-reached', detail);
  }
};
