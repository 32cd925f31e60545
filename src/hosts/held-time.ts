// How long a service was held, and what that means for calls and deadlines that wait for it: both get older by the rest of the
// time alone, up to a limit, so that no call leaves after its order has given it up. Pure.
import { limits } from '../limits.ts';
import type { DueWait, ServiceHold } from '../service-holds.ts';

/** How many ms between two times a service was held; what several nodes saw at the same time counts once. */
export const toHeldMs = (holds: readonly ServiceHold[], from: number, to: number): number => {
  let [sum, reached] = [0, from];
  for (const { since, endedAt } of holds.toSorted((one, other) => one.since - other.since)) {
    const [start, end] = [Math.max(reached, since), Math.min(to, endedAt ?? to)];
    sum += Math.max(0, end - start);
    reached = Math.max(reached, end);
  }
  return sum;
};

/**
 * To when a deadline is postponed that is due `now`; undefined: it fires. Never more than `mostMs` beyond the time for which
 * it was set first.
 */
export const toPostponedTime = (
  holds: readonly ServiceHold[],
  { since, firstDueAt, dueAt }: DueWait,
  now: number,
  mostMs: number,
): number | undefined => {
  const isHeld = holds.some(({ endedAt }) => endedAt === null);
  const until = isHeld
    ? now + Math.max(limits.postponeAtLeastMs, dueAt - firstDueAt)
    : firstDueAt + toHeldMs(holds, since, now);
  const last = Math.min(until, firstDueAt + mostMs);
  return last > now ? last : undefined;
};
