// The time of a database as a node counts it, on a monotonic clock and with answers that a test decides.
import { expect, test } from 'vitest';
import { createDatabaseTime } from '../src/database-time.ts';

const noon = 1_767_268_800_000;

const open = () => {
  let monotonic = 1000;
  /** How far the database's time is ahead of `noon` and the monotonic clock. */
  let shift = 0;
  const read = () => noon + shift + monotonic;
  /** A question whose answer was read `askedMs` after it was sent, and arrived `backMs` after that. */
  const ask = (askedMs: number, backMs: number) => {
    const sentAt = monotonic;
    monotonic += askedMs;
    const time = read();
    monotonic += backMs;
    return { sentAt, time, answeredAt: monotonic };
  };
  const time = createDatabaseTime(() => monotonic, [ask(1, 1)]);
  return {
    time,
    ask,
    read,
    pass: (ms: number) => {
      monotonic += ms;
    },
    set: (ms: number) => {
      shift += ms;
    },
  };
};

test('it is the time of the database, as close as the fastest answer was', () => {
  const { time, ask, read } = open();
  time.note([ask(400, 1), ask(0.2, 0.2), ask(1, 900)]);
  expect(Math.abs(time.now() - read())).toBeLessThanOrEqual(1);
});

test('an answer that was slow on one way alone moves nothing, for it contradicts nothing', () => {
  const { time, ask, read } = open();
  time.note([ask(0, 4000)]);
  time.note([ask(4000, 0)]);
  expect(Math.abs(time.now() - read())).toBeLessThanOrEqual(1);
  expect(time.jumps.last()).toBeUndefined();
});

test('without answers the last offset goes on', () => {
  const { time, pass, read } = open();
  pass(3_600_000);
  time.note([]);
  expect(Math.abs(time.now() - read())).toBeLessThanOrEqual(1);
});

test('where the database was set ahead, it follows at once and says so', () => {
  const { time, ask, read, set } = open();
  set(60_000);
  time.note([ask(1, 1)]);
  expect(Math.abs(time.now() - read())).toBeLessThanOrEqual(2);
  expect(time.jumps.last()?.byMs).toSatisfy((byMs: number) => Math.abs(byMs - 60_000) <= 2);
  expect(time.jumps.last()?.followedMs).toBeGreaterThan(59_990);
});

test('where the database was set back, it never goes back, and agrees again after twice the time', () => {
  const { time, ask, read, pass, set } = open();
  const before = time.now();
  set(-10_000);
  time.note([ask(1, 1)]);
  expect(time.now()).toBeGreaterThanOrEqual(before);
  expect(time.jumps.last()?.byMs).toSatisfy((byMs: number) => Math.abs(byMs + 10_000) <= 2);
  expect(time.jumps.last()?.followedMs).toBe(0);
  expect(time.jumps.aheadMs()).toBeGreaterThan(9000);
  let last = time.now();
  for (let step = 0; step < 20; step += 1) {
    pass(1001);
    expect(time.now()).toBeGreaterThan(last);
    last = time.now();
  }
  expect(Math.abs(time.now() - read())).toBeLessThanOrEqual(2);
  expect(time.jumps.aheadMs()).toBe(0);
});

test('what drifts is corrected, and does not add up', () => {
  const { time, ask, read, pass, set } = open();
  for (let hour = 0; hour < 24; hour += 1) {
    pass(3_600_000);
    set(hour % 2 === 0 ? -300 : 200);
    time.note([ask(0.2, 0.2)]);
    pass(10_000);
    expect(Math.abs(time.now() - read())).toBeLessThanOrEqual(2);
  }
});
