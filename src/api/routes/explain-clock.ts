// Why an order's times may not be what they seem: the machine's clock jumped while the order was on its way. It knows
// nothing of what the order waits for.
import { toIsoTime } from '../../clock.ts';
import { type ClockJumps, jumpMs } from '../../steady-clock.ts';

/**
 * One sentence, or undefined if the clock did nothing that matters to the order.
 * @param since when the order was placed, and when it last moved, ms since 1970
 */
export const explainClock = (
  jumps: ClockJumps | undefined,
  now: number,
  since: { readonly placed: number; readonly moved: number },
): string | undefined => {
  const aheadMs = jumps?.aheadMs() ?? 0;
  const last = jumps?.last();
  if (since.moved - now >= jumpMs) {
    return `The machine's clock was set back before this start: the order last moved ${toSpan(since.moved - now)} later than it is now, and its deadlines come that much later.`;
  }
  if (aheadMs > 0) {
    return `The machine's clock was set back by ${toSpan(aheadMs)}. No wait is longer for it: times of this run are ahead by that until the clock catches up, or the next start.`;
  }
  if (last === undefined || last.at < since.placed || last.followedMs < jumpMs) return undefined;
  return `The machine's clock jumped ahead by ${toSpan(last.followedMs)} at ${toIsoTime(last.at)}, or the machine slept: deadlines may have come early.`;
};

const toSpan = (ms: number): string => `${Math.round(ms / 1000).toLocaleString('en')} s`;
