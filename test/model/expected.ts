// What the API must show of an order at a moment of the model: the order, its journal and its messages, as
// JSON with the model's own ids. Open moves are found by asking the charts, never by reading how the product
// lists them.
import { strictEqual } from 'node:assert/strict';
import type { ActorName } from '../../machines/messages.ts';
import type { MoveName } from '../../machines/system.ts';
import { viewOf } from '../../src/application.ts';
import { toIsoTime } from '../../src/clock.ts';
import { shop } from '../../src/shop/shop.ts';
import type { NewEvent, Received } from '../../src/step/effect.ts';
import { sampleOrder } from '../machines/sample-order.ts';
import type { Model, Moment } from './model.ts';
import { findMoves } from './possible-actions.ts';

const toTimed = <T extends object, K extends keyof T & string>(
  thing: T,
  ...names: readonly K[]
): Record<string, unknown> => ({
  ...thing,
  ...Object.fromEntries(names.map((name) => [name, toIsoTime(Number(thing[name]))])),
});

/** The order without its moves and addresses. */
export const toExpectedOrder = ({ orderId }: Model, { state }: Moment): unknown => {
  const { moves, owner, actors, incidents, deadlines, calls, ...shown } = viewOf(shop, orderId, state);
  if (shown.unreadable !== undefined) throw new Error('the model cannot read its own order');
  // The first has an address of its own; the other is for hosts, and said by the state.
  const { awaitedPayment, awaitsCaller, ...view } = shown;
  strictEqual(owner, view.customerId);
  return {
    ...toTimed(view, 'createdAt', 'updatedAt'),
    actors: Object.fromEntries(
      Object.entries(actors).map(([name, actor]) => [name, toTimed(actor, 'since')]),
    ),
    incidents: incidents.map((incident) => toTimed(incident, 'since')),
    deadlines: deadlines.map((deadline) => toTimed(deadline, 'dueAt')),
    calls: calls.map((call) => toTimed(call, 'at')),
  };
};

export const toExpectedMessage = (received: Received): unknown => {
  const { messageId: id, kind: _, ...rest } = received;
  return { id, ...toTimed(rest, 'at') };
};

/** The event as a CloudEvent, without its position in the journal of all orders. */
export const toExpectedEvent = ({ orderId }: Model, event: NewEvent): unknown => ({
  specversion: '1.0',
  id: event.eventId,
  source: `/orders/${orderId}`,
  type: event.type,
  subject: orderId,
  time: toIsoTime(event.at),
  datacontenttype: 'application/json',
  dataschema: `/schemas/${event.type}/1`,
  data: event.data,
  sequence: String(event.seq),
  correlationid: event.correlationId,
  causationid: event.causationId,
});

/** A move as it is offered. */
export interface Offered {
  readonly move: MoveName;
  readonly actor?: ActorName;
  readonly outcomes?: readonly string[];
  readonly upTo?: number;
  readonly lines?: readonly { readonly productId: string; readonly quantity: number }[];
}

/** The moves that the charts take at this moment, as the API must offer them. */
export const toExpectedMoves = (model: Model, moment: Moment): Offered[] => {
  const open = findMoves(model, moment);
  const resolving = Map.groupBy(
    open.filter(({ move }) => move === 'resolve'),
    ({ to }) => to,
  );
  return [
    ...open.flatMap(({ move, to }): Offered[] => {
      if (move === 'resolve') return [];
      if (move === 'retry') return [{ move, actor: to }];
      if (move === 'refund')
        return [{ move, upTo: findMostRefund(model, moment), lines: findRefundableLines(model, moment) }];
      return move === 'capture' ? [{ move, upTo: findMostCapture(model, moment) }] : [{ move }];
    }),
    ...[...resolving].map(
      ([actor, moves]): Offered => ({
        move: 'resolve',
        actor,
        outcomes: moves.flatMap(({ outcome }) => outcome ?? []).sort(),
      }),
    ),
  ];
};

const orderOf = ({ state }: Moment) => state.actors.get('order')?.snapshot.context;

/** The largest amount that the charts take for a move, which is `most`. */
const requireMost = (model: Model, moment: Moment, move: MoveName, most: number): number => {
  const takes = (amount: number) => model.takes(moment, { type: 'move', move, to: 'order', amount });
  if (!takes(most) || takes(most + 1)) throw new Error(`${most} is not the most of the ${move}`);
  return most;
};
const findMostRefund = (model: Model, moment: Moment): number => {
  const { paidAmount, refundedAmount } = orderOf(moment);
  const { lost } = moment.state.actors.get('payment')?.snapshot.context ?? {};
  return requireMost(model, moment, 'refund', paidAmount - refundedAmount - lost);
};
const findMostCapture = (model: Model, moment: Moment): number =>
  requireMost(model, moment, 'capture', sampleOrder.amount);

/** Of each product as many pieces as the charts take. */
const findRefundableLines = (model: Model, moment: Moment): NonNullable<Offered['lines']> =>
  sampleOrder.items.flatMap(({ productId, quantity: ordered }) => {
    const takes = (quantity: number) =>
      model.takes(moment, {
        ...{ type: 'move', move: 'refund', to: 'order' },
        lines: [{ productId, quantity, restock: false }],
      });
    const quantity = Array.from({ length: ordered + 1 }, (_, less) => ordered + 1 - less).find(takes);
    return quantity === undefined ? [] : [{ productId, quantity }];
  });
