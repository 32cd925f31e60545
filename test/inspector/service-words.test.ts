// What the page says of services, calls and messages, as pure functions.
import { expect, test } from 'vitest';
import { toMeaning } from '../../src/inspector/page/meanings.ts';
import {
  countTries,
  toErrorText,
  toFailureText,
  toHeldText,
  toHoldText,
  toOutcome,
} from '../../src/inspector/page/service-words.ts';
import { shopDisplay } from '../../src/shop/display.ts';

const now = Date.parse('2026-01-31T12:00:00.000Z');
const before = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
const pause = {
  kind: 'pause',
  reason: 'the bank is at work',
  since: before(250),
  by: 'ada',
  resumedAt: null,
  triedAgainAt: null,
} as const;

test('a paused service says who paused it, since when and why', () => {
  const text = toHeldText({ state: 'paused', held: pause }, now);
  expect(text).toMatch(/^Paused by ada since .+ \(4 min 10 s\): the bank is at work$/);
  expect(toHeldText({ state: 'running', held: null }, now)).toBeUndefined();
});

test('an open circuit says why, and when it is tried again', () => {
  const held = {
    ...pause,
    kind: 'circuit',
    reason: 'no-answer',
    by: null,
    triedAgainAt: before(-12),
  } as const;
  const text = toHeldText({ state: 'open', held }, now);
  expect(text).toMatch(/^Circuit open since .+: no answer in time\. Tried again in 12 s, with one call\.$/);
});

test('a resuming service says that only a few calls are made', () => {
  const text = toHeldText({ state: 'resuming', held: { ...pause, resumedAt: before(5) } }, now);
  expect(text).toMatch(/^Resuming since .+ \(5 s\): a few calls at a time/);
});

test('a hold that is over says how long it lasted and who ended it', () => {
  const hold = { ...pause, resumedAt: before(190), resumedBy: 'grace', endedAt: before(180) };
  expect(toHoldText(hold, now)).toMatch(/paused by ada for 1 min: the bank is at work; resumed by grace$/);
});

test('errors are a count and a share, and a failure without words keeps its code', () => {
  const figures = { windowMs: 600_000, p50Ms: 1, p95Ms: 2 };
  expect(toErrorText({ ...figures, calls: 40, failed: 2, errorRate: 0.05 })).toBe('2 of 40 failed (5 %)');
  expect(toErrorText({ ...figures, calls: 1000, failed: 1, errorRate: 0.001 })).toContain('(under 1 %)');
  expect(toErrorText({ ...figures, calls: 0, failed: 0, errorRate: null })).toBe('no calls');
  expect(toFailureText('http-503')).toBe('http 503');
});

const call = {
  ...{ number: 1, id: 'call-1', service: 'gateway', actor: 'payment', command: 'gateway.charge' },
  ...{ key: 'order-1/charge/1', attempt: 1, decidedAt: before(3), reply: null, droppedAt: null },
};
const words = shopDisplay.messages ?? {};

test('a call says what came back, or that it waits and whether its service is held', () => {
  const reply = { type: 'gateway.declined', at: before(2), reason: null, code: 'expired_card' };
  const applied = { ...call, reply: { ...reply, disposition: 'applied' } } as const;
  expect(toOutcome(applied, words, [], now)).toBe('The bank declines the charge: expired card');
  const late = { ...call, reply: { ...reply, disposition: 'ignored' } } as const;
  expect(toOutcome(late, words, [], now)).toContain('(ignored)');
  expect(toOutcome(call, words, [], now)).toBe('Waiting for 3 s');
  const held = [{ name: 'gateway', state: 'paused' }] as const;
  expect(toOutcome(call, words, held, now)).toBe('Waiting for 3 s; gateway is paused');
  expect(toOutcome({ ...call, droppedAt: before(1) }, words, [], now)).toContain('Dropped');
});

test('calls of one intent are counted as its tries', () => {
  const refund = { ...call, id: 'call-3', command: 'gateway.refund', key: 'order-1/refund/1' };
  const tries = countTries([call, { ...call, id: 'call-2' }, refund]);
  expect([...tries.values()]).toEqual([1, 2, 1]);
});

test('messages and deadlines are told in words, a postponed one with its service', () => {
  const known = { messages: words, deadlines: shopDisplay.deadlines ?? {} };
  const key = 'order:xstate.after.payDeadline.order.paying.charging';
  const say = (kind: 'message' | 'deadline', type: string, data = {}) =>
    toMeaning(known, { kind, type, data });
  expect(say('message', 'payment.dispute-opened')).toBe('The customer disputes the payment at the bank');
  expect(say('deadline', key)).toBe('The time for the payment is over');
  const postponed = say('deadline', 'deadline.postponed', { key, until: now, service: 'gateway' });
  expect(postponed).toMatch(/^The time for the payment is postponed to .+: gateway is not called/);
  expect(say('message', 'somebody.else')).toBeUndefined();
});
