// A clock that counts on when the machine's time is set (src/steady-clock.ts).
import { expect, test } from 'vitest';
import { type ClockJump, createSteadyTime } from '../src/steady-clock.ts';

const noon = Date.UTC(2026, 0, 1, 12);
const hour = 3_600_000;

const createMachine = () => {
  let elapsed = 5000;
  let offset = 0;
  const noted: ClockJump[] = [];
  const time = createSteadyTime(
    () => Math.floor(noon + elapsed - 5000 + offset),
    () => elapsed,
  );
  time.jumps.observe((jump) => noted.push(jump));
  return {
    ...time,
    noted,
    pass: (ms: number) => {
      elapsed += ms;
    },
    /** Sets the machine's time, `ms` from what is right. */
    set: (ms: number) => {
      offset = ms;
    },
  };
};

test('as long as nobody sets it, it is the machine’s time', () => {
  const { now, pass, noted, jumps } = createMachine();
  expect(now()).toBe(noon);
  pass(1500.5);
  expect(now()).toBe(noon + 1500);
  expect({ noted, last: jumps.last(), ahead: jumps.aheadMs() }).toEqual({
    noted: [],
    last: undefined,
    ahead: 0,
  });
});

test('set back one hour, it counts on, says so once, and says how far it is ahead', () => {
  const { now, pass, set, noted, jumps } = createMachine();
  pass(1000);
  set(-hour);
  expect(now()).toBe(noon + 1000);
  pass(2000);
  expect(now()).toBe(noon + 3000);
  expect(noted).toEqual([{ byMs: -hour, followedMs: 0, at: noon + 1000 }]);
  expect(jumps.aheadMs()).toBe(hour);
});

test('a machine whose time catches up is followed again, and neither step changes a wait', () => {
  const { now, pass, set, noted, jumps } = createMachine();
  set(-hour);
  now();
  pass(10_000);
  set(0);
  expect(now()).toBe(noon + 10_000);
  expect(noted.map(({ byMs, followedMs }) => [byMs, followedMs])).toEqual([
    [-hour, 0],
    [hour, 0],
  ]);
  expect(jumps.aheadMs()).toBe(0);
});

test('a machine that slept, or was set ahead, is followed at once', () => {
  const { now, set, noted } = createMachine();
  set(hour);
  expect(now()).toBe(noon + hour);
  expect(noted).toEqual([{ byMs: hour, followedMs: hour, at: noon }]);
});

test('it never goes back, and steps of less than a second are no jumps', () => {
  const { now, pass, set, noted } = createMachine();
  let last = now();
  for (const offset of [300, -200, 700, 0, -99, 450]) {
    set(offset);
    pass(1);
    expect(now()).toBeGreaterThanOrEqual(last);
    last = now();
  }
  expect(noted).toEqual([]);
});

test('a process that is stopped between two readings takes that for no jump', () => {
  let elapsed = 0;
  let isStopped = false;
  const noted: ClockJump[] = [];
  const wall = () => {
    const read = noon + elapsed;
    if (isStopped) elapsed += hour;
    isStopped = false;
    return read;
  };
  const { now, jumps } = createSteadyTime(wall, () => elapsed);
  jumps.observe((jump) => noted.push(jump));
  isStopped = true;
  expect(now()).toBe(noon + hour);
  expect(noted).toEqual([]);
});
