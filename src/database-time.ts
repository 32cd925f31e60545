// The time of a database as one node counts it: an offset from the node's monotonic clock, measured again and again. What the
// machine's own time of day is, or is set to, does not matter. It never goes back: where the database's time did, or where it was
// taken for later than it is, it goes on at half the pace until both agree.
import { type ClockJump, type ClockJumps, jumpMs } from './steady-clock.ts';

/** One question for the time. `sentAt` and `answeredAt` by the monotonic clock; `time`: the answer, ms since 1970. */
export interface TimeAnswer {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly time: number;
}

export interface DatabaseTime {
  now(): number;
  /** Takes what was measured. Without, the last offset goes on. */
  note(answers: readonly TimeAnswer[]): void;
  readonly jumps: ClockJumps;
}

/** When the database's time was read is known within `delay`: the shorter, the better. */
const findBest = (answers: readonly TimeAnswer[]): TimeAnswer | undefined =>
  answers.toSorted((one, other) => toDelay(one) - toDelay(other))[0];

const toDelay = ({ sentAt, answeredAt }: TimeAnswer): number => answeredAt - sentAt;

/** @param monotonic ms since any moment; never set */
export const createDatabaseTime = (monotonic: () => number, first: readonly TimeAnswer[]): DatabaseTime => {
  const listeners = new Set<(jump: ClockJump) => void>();
  let last: ClockJump | undefined;
  /** What is known, and what is counted by: it follows at once where it is behind, slowly where it is ahead. */
  let [measured, counted] = [Number.NaN, Number.NaN];
  let countedAt = monotonic();
  let newest = 0;

  const advance = (): number => {
    const at = monotonic();
    counted = Math.max(measured, counted - Math.max(0, at - countedAt) / 2);
    countedAt = at;
    return at;
  };
  const now = (): number => {
    newest = Math.max(newest, Math.floor(advance() + counted));
    return newest;
  };
  const note = (answers: readonly TimeAnswer[]): void => {
    const best = findBest(answers);
    if (best === undefined) return;
    // The time was read between sending and answering. What agrees with that is left alone: another guess is no better.
    const [least, most] = [best.time - best.answeredAt, best.time - best.sentAt];
    if (Number.isNaN(measured)) {
      measured = (least + most) / 2;
      counted = measured;
      return;
    }
    const before = now();
    const next = Math.min(Math.max(measured, least), most);
    const byMs = next - measured;
    const ahead = Math.max(0, counted - measured);
    measured = next;
    if (Math.abs(byMs) < jumpMs) return;
    last = { byMs: Math.round(byMs), followedMs: Math.round(Math.max(0, byMs - ahead)), at: before };
    for (const listener of listeners) listener(last);
  };
  note(first);
  return {
    now,
    note,
    jumps: {
      of: 'database',
      last: () => last,
      aheadMs: () => {
        now();
        const ahead = counted - measured;
        return ahead < jumpMs ? 0 : Math.round(ahead);
      },
      observe: (listener) => {
        listeners.add(listener);
      },
    },
  };
};
