// How long a service was held, and what that means for calls and deadlines that wait for it: both get older by the rest of the
// time alone, up to a limit, so that no call leaves after its order has given it up. Pure.
import { limits } from '../limits.ts';
import type { DueWait, ServiceHold } from '../service-holds.ts';

/** How many ms between two times a service was held. */
export const toHeldMs = (holds: readonly ServiceHold[], from: number, to: number): number =>
  holds.reduce((sum, { since, endedAt }) => {
    const [start, end] = [Math.max(from, since), Math.min(to, endedAt ?? to)];
    return sum + Math.max(0, end - start);
  }, 0);

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
