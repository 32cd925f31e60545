// What an explanation says of the machine's clock (src/api/routes/explain-clock.ts).
import { expect, test } from 'vitest';
import { explainClock } from '../../src/api/routes/explain-clock.ts';
import type { ClockJump, ClockJumps } from '../../src/steady-clock.ts';

const now = Date.UTC(2026, 0, 1, 12);
const minute = 60_000;
const placed = { placed: now - minute, moved: now - minute };

const jumped = (last: ClockJump | undefined, aheadMs = 0): ClockJumps => ({
  last: () => last,
  aheadMs: () => aheadMs,
  observe: () => {},
});

test('a clock that did nothing, or is not the machine’s, is not mentioned', () => {
  expect(explainClock(undefined, now, placed)).toBeUndefined();
  expect(explainClock(jumped(undefined), now, placed)).toBeUndefined();
});

test('an order that moved later than it is now was moved before the clock was set back and the service started', () => {
  const text = explainClock(jumped(undefined), now, { ...placed, moved: now + 60 * minute });
  expect(text).toContain('set back before this start');
  expect(text).toContain('3,600 s later than it is now');
});

test('a jump ahead is mentioned for orders that were on their way, and not for later ones', () => {
  const jump = { byMs: minute, followedMs: minute, at: now - minute };
  expect(explainClock(jumped(jump), now, placed)).toContain(
    'jumped ahead by 60 s at 2026-01-01T11:59:00.000Z',
  );
  expect(explainClock(jumped(jump), now, { placed: now, moved: now })).toBeUndefined();
});

test('a clock that has caught up is not mentioned', () => {
  const jump = { byMs: minute, followedMs: 0, at: now };
  expect(explainClock(jumped(jump), now, placed)).toBeUndefined();
});
