// What must hold of a settled order's money, stock and notices, by the books of the world outside. It reads, and does nothing.
import { ok, strictEqual } from 'node:assert/strict';
import { type OutsideWorld, sumOf } from './outside-world.ts';
import type { TestOrder } from './test-order.ts';

/** `part`: what the shop captured, if not all. */
export const checkBooks = (order: TestOrder, { books }: OutsideWorld, part: number | undefined): void => {
  const { state, paidAmount, refundedAmount, refundedLines } = order.view;
  const captured = books.transactions.filter((each) => each.state === 'captured');
  const sum = (amounts: readonly number[]) => amounts.reduce((total, each) => total + each, 0);
  const paid = sum(captured.map((each) => each.amount));
  const back = sum(captured.map((each) => each.refunded));
  const lost = sum(captured.map((each) => each.lost));
  strictEqual(paidAmount, paid, 'the order knows what was taken');
  strictEqual(refundedAmount, back, 'the order knows what was given back');
  ok(order.eventsOf('payment.completed').length <= captured.length, 'what is taken is announced once');
  ok(!books.transactions.some((each) => each.state === 'authorized'), 'no money is left on hold');
  ok(books.stock !== 'held', 'no stock is left on hold');
  const returned = sum([...books.returns.values()]);
  strictEqual(returned, sumOf(refundedLines.filter(({ restock }) => restock)), 'refunded products are back');
  const ends = [...books.mails].filter((key) => !/\/(refund-notice|payment-action)\//.test(key));
  ok(ends.length <= 1, 'there is at most one notice of its end');
  if (state === 'completed') {
    strictEqual(paid, part ?? order.view.amount, 'what is completed is paid');
    strictEqual(books.stock, 'sold', 'what is completed is sold');
  } else {
    strictEqual(paid - back - lost, 0, 'what is not completed costs nothing, or was disputed');
    ok(books.stock !== 'sold', 'what is not completed is not sold');
  }
};
