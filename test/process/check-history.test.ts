// The checkers themselves: a history and a store that agree have no violation, and each way in which they can
// disagree has one, by the number of its invariant.
import { describe, expect, it } from 'vitest';
import { checkHistory, type Stored } from './check-history.ts';
import { checkMails, type MailEntry } from './check-mails.ts';
import type { Request } from './history.ts';

const placed: Request = {
  op: 'place',
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
const refund: Request = { ...placed, op: 'refunds', key: 'r', fingerprint: 'g', orderId: 'o' };
const lost: Request = { ...placed, status: null, answeredOrderId: null, bodyHash: null };
const refused: Request = { ...lost, key: 'x', status: 422, problem: '/problems/unknown-product' };
const rowOf = ({ op, key, fingerprint, orderId }: Request) => ({
  scope: op === 'place' ? 'orders' : `orders/${orderId}/${op}`,
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

  it('may end before the client knows of an order that is stored', () => {
    expect(check([lost, refund], {})).toEqual([]);
  });

  it.each<[string, string, readonly Request[], Partial<Stored>]>([
    ['I1', 'an accepted order is not there', history, { moves: new Map() }],
    ['I1', "an accepted order's key is not there", history, { keys: [rowOf(refund)] }],
    ['I1', 'the key stands for another order', history, { keys: [{ ...rowOf(placed), orderId: 'p' }] }],
    ['I1', 'the key stands for another body', history, { keys: [{ ...rowOf(placed), fingerprint: 'h' }] }],
    ['I1', 'an accepted refund was not made', history, { moves: new Map([['o', ['order.place']]]) }],
    ['I2', 'a key was answered with two orders', [...history, { ...placed, answeredOrderId: 'p' }], {}],
    ['I2', 'a key was answered in two ways', [...history, { ...placed, bodyHash: 'c' }], {}],
    ['I2', 'a key was answered with two statuses', [...history, { ...placed, status: 202 }], {}],
    ['I3', 'a key was accepted for two bodies', [...history, { ...placed, fingerprint: 'h' }], {}],
    ['I3', 'another body got another refusal', [...history, { ...lost, fingerprint: 'h', status: 404 }], {}],
    ['I4', 'a refused order is stored', history, { keys: [...stored.keys, rowOf(refused)] }],
    ['I5', 'nobody sent a key', [placed], {}],
    ['I5', 'nobody placed an order', history, { moves: new Map([...stored.moves, ['p', []]]) }],
    ['I5', 'a refund was made twice', history, { moves: new Map([['o', ['order.refund', 'order.refund']]]) }],
    ['I6', 'nobody knows what came of a request', [...history, { ...lost, endedAt: null }], {}],
    ['I6', 'a request ended before it began', [...history, { ...lost, endedAt: 0 }], {}],
    ['I6', 'the service failed', [...history, { ...lost, status: 500 }], {}],
  ])('violates %s where %s', (invariant, _what, requests, change) => {
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
  it('that agrees with the orders has no violation, also with repetitions', () => {
    expect(checkMails(states, [mail, { ...mail, effective: false }], paid)).toEqual([]);
    const failure = { ...mail, notice: 'failure' } as const;
    expect(checkMails(new Map([['o', 'cancelled']]), [failure], [])).toEqual([]);
  });

  it.each<[string, ReadonlyMap<string, string>, readonly MailEntry[], typeof paid]>([
    ['a customer got no message', states, [], paid],
    ['a customer got the wrong message', states, [{ ...mail, notice: 'failure' }], paid],
    ['a customer got two', states, [mail, { ...mail, key: 'o/confirmation/2' }], paid],
    ['a key took effect twice', states, [mail, mail], paid],
    ['nobody paid', states, [mail], []],
    ['there is no such order', new Map(), [mail], paid],
  ])('violates I34 where %s', (_what, orders, mails, payments) => {
    const found = checkMails(orders, mails, payments);
    expect(new Set(found.map(({ invariant }) => invariant))).toEqual(new Set(['I34']));
  });
});
