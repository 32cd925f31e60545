// The checks themselves: a history and a store that agree have no violation, and each way in which they can disagree
// violates an invariant by name.
import { describe, expect, it } from 'vitest';
import { checkHistory, type Stored } from './check-history.ts';
import { checkMails, type MailEntry } from './check-mails.ts';
import type { Request } from './history.ts';

const placed: Request = {
  operation: 'place',
  key: 'k',
  fingerprint: 'f',
  orderId: null,
  at: 1,
  endedAt: 2,
  status: 201,
  answeredOrderId: 'o',
  bodyHash: 'b',
  problem: null,
};
const refund: Request = { ...placed, operation: 'refunds', key: 'r', fingerprint: 'g', orderId: 'o' };
const lost: Request = { ...placed, status: null, answeredOrderId: null, bodyHash: null };
const refused: Request = { ...lost, key: 'x', status: 422, problem: '/problems/unknown-product' };
const rowOf = ({ operation, key, fingerprint, orderId }: Request) => ({
  scope: operation === 'place' ? 'orders' : `orders/${orderId}/${operation}`,
  key,
  fingerprint,
  orderId: 'o',
  status: 201,
  orderExists: true,
  bodyNamesOrder: true,
});
const stored: Stored = {
  moves: new Map([['o', ['order.place', 'order.refund']]]),
  keys: [rowOf(placed), rowOf(refund)],
};
const history = [lost, placed, placed, refund, refused];

const check = (requests: readonly Request[], change: Partial<Stored> = {}): readonly string[] =>
  checkHistory(requests, { ...stored, ...change }).map(({ invariant }) => invariant);

describe('a history', () => {
  it('that agrees with the store has no violation', () => {
    expect(check(history)).toEqual([]);
  });

  it('may hold a key in use, a busy service and a reused key', () => {
    const inUse = { ...lost, status: 409, problem: '/problems/idempotency-key-in-use' };
    const busy = { ...lost, status: 503, problem: '/problems/store-unavailable' };
    const reused = { ...lost, fingerprint: 'h', status: 422, problem: '/problems/idempotency-key-reused' };
    expect(check([inUse, busy, ...history, reused])).toEqual([]);
  });

  it('may end before the client learns of an order that is stored', () => {
    expect(check([lost, refund], {})).toEqual([]);
  });

  it.each<[string, string, readonly Request[], Partial<Stored>]>([
    ['acceptedIsStored', 'an accepted order is not stored', history, { moves: new Map() }],
    ['acceptedIsStored', "an accepted order's key is not stored", history, { keys: [rowOf(refund)] }],
    [
      'acceptedIsStored',
      'the key is stored for another order',
      history,
      { keys: [{ ...rowOf(placed), orderId: 'p' }] },
    ],
    [
      'acceptedIsStored',
      'the key is stored for another body',
      history,
      { keys: [{ ...rowOf(placed), fingerprint: 'h' }] },
    ],
    [
      'acceptedIsStored',
      'an accepted refund was not made',
      history,
      { moves: new Map([['o', ['order.place']]]) },
    ],
    [
      'oneAnswerPerKey',
      'a key was answered with two orders',
      [...history, { ...placed, answeredOrderId: 'p' }],
      {},
    ],
    ['oneAnswerPerKey', 'a key was answered in two ways', [...history, { ...placed, bodyHash: 'c' }], {}],
    ['oneAnswerPerKey', 'a key was answered with two statuses', [...history, { ...placed, status: 202 }], {}],
    [
      'oneRequestPerKey',
      'a key was accepted for two bodies',
      [...history, { ...placed, fingerprint: 'h' }],
      {},
    ],
    [
      'oneRequestPerKey',
      'another body got another refusal',
      [...history, { ...lost, fingerprint: 'h', status: 404 }],
      {},
    ],
    [
      'refusedLeavesNothing',
      'a refused order is stored',
      history,
      { keys: [...stored.keys, rowOf(refused)] },
    ],
    ['nothingUnrequested', 'no client sent a stored key', [placed], {}],
    [
      'nothingUnrequested',
      'no client placed a stored order',
      history,
      { moves: new Map([...stored.moves, ['p', []]]) },
    ],
    [
      'nothingUnrequested',
      'a refund was made twice',
      history,
      { moves: new Map([['o', ['order.refund', 'order.refund']]]) },
    ],
    ['everyRequestEnds', 'a request has no outcome', [...history, { ...lost, endedAt: null }], {}],
    ['everyRequestEnds', 'a request ended before it began', [...history, { ...lost, endedAt: 0 }], {}],
    ['everyRequestEnds', 'the service answered 500', [...history, { ...lost, status: 500 }], {}],
  ])('violates %s if %s', (invariant, _what, requests, change) => {
    expect(check(requests, change)).toContain(invariant);
  });
});

const mail: MailEntry = {
  at: '2026-01-01T00:00:00.000Z',
  key: 'o/confirmation/1',
  orderId: 'o',
  notice: 'confirmation',
  effective: true,
};
const states = new Map([['o', 'completed']]);
const paid = [{ orderId: 'o', result: 'charged' }];

describe("a mail server's ledger", () => {
  it('that agrees with the orders has no violation, even with repeated messages', () => {
    expect(checkMails(states, [mail, { ...mail, effective: false }], paid)).toEqual([]);
    const cancellation = { ...mail, notice: 'cancellation' } as const;
    expect(checkMails(new Map([['o', 'cancelled']]), [cancellation], [])).toEqual([]);
    const refund = { ...mail, notice: 'refund', key: 'o/refund/1' } as const;
    expect(checkMails(states, [mail, refund], [...paid, { orderId: 'o', result: 'refunded' }])).toEqual([]);
  });

  it.each<[string, ReadonlyMap<string, string>, readonly MailEntry[], typeof paid]>([
    ['a customer got no message', states, [], paid],
    ['a customer got the wrong message', states, [{ ...mail, notice: 'failure' }], paid],
    ['a customer got two messages', states, [mail, { ...mail, key: 'o/confirmation/2' }], paid],
    [
      'a customer was told of a refund not made',
      states,
      [mail, { ...mail, notice: 'refund', key: 'r' }],
      paid,
    ],
    ['a customer was not told of a refund', states, [mail], [...paid, { orderId: 'o', result: 'refunded' }]],
    ['a key took effect twice', states, [mail, mail], paid],
    ['the order was not paid', states, [mail], []],
    ['there is no such order', new Map(), [mail], paid],
  ])('violates oneNoticePerOrder if %s', (_what, orders, mails, payments) => {
    const found = checkMails(orders, mails, payments);
    expect(new Set(found.map(({ invariant }) => invariant))).toEqual(new Set(['oneNoticePerOrder']));
  });
});
