// Moves about a part of an order: refunds by line, and captures in part. What an order's charts do not know is refused instead of
// done as a whole; and a refusal says why. Whether a move is open, the chart decides.
import { z } from 'zod';
import { isDisputed, toRefundAmount, toRefundable } from '../../../machines/order-context.ts';
import type { MoveName } from '../../../machines/system.ts';
import { AppError } from '../../errors.ts';
import type { OrderView, ReadableOrderView } from '../../shop/view.ts';

const line = z.object({ productId: z.string(), quantity: z.int(), restock: z.boolean() });
/** What a move asks for a part of. */
const parts = z.object({ amount: z.int().optional(), lines: z.array(line).optional() });

/** What a refund of `body` gives back, in minor units: as the chart computes it. */
export const toRefunded = (view: ReadableOrderView, body: unknown): number => {
  const { amount, lines } = parts.parse(body);
  return toRefundAmount(view, { ...(amount !== undefined && { amount }), ...(lines && { lines }) });
};

/** @throws AppError `move-not-allowed` if the charts of the order would take a part for the whole. */
export const refuseUnknownParts = (before: OrderView, move: MoveName, body: unknown): void => {
  if (move !== 'refund' && move !== 'capture') return;
  const open = before.moves.find((each) => each.move === move);
  const { amount, lines } = parts.parse(body);
  const isUnknown =
    move === 'refund'
      ? lines !== undefined && open?.lines === undefined
      : amount !== undefined && open?.upTo === undefined;
  if (!isUnknown) return;
  const what =
    move === 'refund'
      ? 'refunded by amount alone: leave `lines` out'
      : 'captured as a whole: leave `amount` out';
  const text = `This order is on version ${before.chartVersion} of the charts. It is ${what}, or migrate it first.`;
  throw new AppError('move-not-allowed', text, { moves: before.moves });
};

/** Why the chart refuses a part, in words about this order; undefined if its own reason says it. */
export const explainRefusedPart = (view: OrderView, move: MoveName, body: unknown): string | undefined => {
  if (view.unreadable !== undefined) return undefined;
  if (move === 'refund') return explainRefund(view, body);
  if (move !== 'capture') return undefined;
  const { amount = 0 } = parts.parse(body);
  const upTo = view.moves.find((each) => each.move === 'capture')?.upTo;
  return upTo !== undefined && amount > upTo
    ? `${amount} is more than the ${upTo} that was authorised. More than that is never captured (no incremental captures): place an order for the difference.`
    : undefined;
};

const explainRefund = (view: ReadableOrderView, body: unknown): string | undefined => {
  const { disputes, moves } = view;
  if (isDisputed(view)) {
    const open = disputes.filter(({ state }) => state === 'open').map(({ disputeId }) => disputeId);
    return `The payment is disputed at the bank (${open.join(', ')}): nothing is refunded until that is closed, or the customer would get the money twice.`;
  }
  const refund = moves.find(({ move }) => move === 'refund');
  if (refund === undefined) return undefined;
  const asked = parts.parse(body);
  for (const { productId } of asked.lines ?? []) {
    const quantity = (asked.lines ?? [])
      .filter((each) => each.productId === productId)
      .reduce((sum, each) => sum + each.quantity, 0);
    const left = refund.lines?.find((each) => each.productId === productId)?.quantity ?? 0;
    if (quantity > left) return `Of ${productId} ${left} can be refunded, and ${quantity} were asked for.`;
  }
  const amount = toRefunded(view, body);
  const left = toRefundable(view);
  if (amount > left) return `${left} can be refunded, and ${amount} was asked for (minor units).`;
  return amount === 0 ? 'The lines come to 0: there is no money to give back.' : undefined;
};
