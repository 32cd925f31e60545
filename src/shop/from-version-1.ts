// How an order on version 1 of the charts is one on version 2: other names for committing reserved stock, and nothing yet of what
// version 1 did not know (adjustments, returns, disputes, providers). Nothing that it waits for changes.
import type { StateValueFrom } from 'xstate';
import type { Failure } from '../../machines/messages.ts';
import { registry } from '../../machines/registry.ts';
import type { orderSystem } from '../../machines/system.ts';
import type { Failure as Failure1 } from '../../machines/v1/messages.ts';
import { defineMigration } from '../step/migration-rules.ts';

type Charts1 = (typeof registry)[1]['charts'];
type Charts2 = typeof orderSystem.charts;

const { fromCharts } = registry[1].translator;

const toFailure = ({ kind, text }: Failure1): Failure => ({
  kind: kind === 'stock-not-sold' ? 'stock-not-committed' : kind,
  text,
});

/** Only `paying.selling` has another name. */
const toOrderState = (value: StateValueFrom<Charts1['order']>): StateValueFrom<Charts2['order']> =>
  JSON.parse(JSON.stringify(value).replace('"selling"', '"committing"'));

/** What is committed may come back. */
const toInventoryState = (
  value: StateValueFrom<Charts1['inventory']>,
): StateValueFrom<Charts2['inventory']> => (value === 'committed' ? { committed: 'kept' } : value);

/** In the key and the event of a deadline. */
const rename = (text: string): string =>
  text.replace('.sellDeadline.order.paying.selling.', '.commitDeadline.order.paying.committing.');

export const fromVersion1 = defineMigration<Charts1, Charts2>((system) => {
  const { order, inventory, payment, notification } = system.actors;
  const { policy, failure } = order.context;
  const { sellWithinMs, ...samePolicy } = policy;
  const { reason } = notification.context;
  return {
    ...system,
    actors: {
      ...system.actors,
      order: {
        ...order,
        value: toOrderState(order.value),
        context: {
          ...order.context,
          policy: { ...samePolicy, commitWithinMs: sellWithinMs },
          failure: failure && toFailure(failure),
          ...{ adjustments: [], refundedLines: [], disputes: [] },
          ...{ refund: null, authorizationExpiresInMs: null },
        },
      },
      inventory: {
        ...inventory,
        value: toInventoryState(inventory.value),
        context: { ...inventory.context, returns: [] },
      },
      payment: {
        ...payment,
        context: {
          ...payment.context,
          ...{ provider: null, paymentMethod: null, expiresInMs: null },
          // Version 1 captures all that was authorised.
          captureAmount: payment.context.amount,
          ...{ lost: 0, disputes: [] },
        },
      },
      notification: {
        ...notification,
        context: {
          ...notification.context,
          reason: reason && toFailure(reason),
          ...{ adjustments: [], waiting: [], locale: null, refund: null },
        },
      },
    },
    deadlines: Object.fromEntries(
      Object.entries(system.deadlines).map(([key, deadline]) => [
        rename(key),
        { ...deadline, event: { ...deadline.event, type: rename(deadline.event.type) } },
      ]),
    ),
    calls: Object.fromEntries(
      Object.entries(system.calls).map(([id, call]) => [id, { ...call, command: fromCharts(call.command) }]),
    ),
    quarantined: system.quarantined.map((each) => ({ ...each, message: fromCharts(each.message) })),
  };
});
