// Which idempotency keys are being answered now, and how a repetition waits for that. It knows no answers: whoever waited asks
// for the stored one. In memory is enough: across a restart or another node the store decides, inside the commit.
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';

/** How long a repetition waits for the first request with its key. */
export interface Patience {
  /** ms since 1970. */
  readonly until: number;
  /** Aborted when the client leaves or the server closes. */
  readonly signal: AbortSignal;
}

export interface InFlightKeys {
  /**
   * Takes a key; the returned function gives it back.
   * @throws AppError `idempotency-key-in-use` where another has it for longer than `patience`, which may be none.
   */
  take(key: string, patience: Patience | undefined): Promise<() => void>;
}

/** Whether `first` ends while there is patience. */
const isOverInTime = async (
  clock: Clock,
  first: Promise<void>,
  { until, signal }: Patience,
): Promise<boolean> => {
  const waitMs = until - clock.now();
  if (waitMs <= 0 || signal.aborted) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const giveUp = (): void => resolve(false);
  const cancel = clock.schedule(giveUp, waitMs);
  signal.addEventListener('abort', giveUp, { once: true });
  void first.then(() => resolve(true));
  const isOver = await promise;
  cancel();
  signal.removeEventListener('abort', giveUp);
  return isOver;
};

export const createInFlightKeys = (clock: Clock): InFlightKeys => {
  const taken = new Map<string, Promise<void>>();
  return {
    take: async (key, patience) => {
      for (let first = taken.get(key); first !== undefined; first = taken.get(key)) {
        if (patience !== undefined && (await isOverInTime(clock, first, patience))) continue;
        throw new AppError(
          'idempotency-key-in-use',
          'The first request with this Idempotency-Key is still running.',
        );
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      taken.set(key, promise);
      return () => {
        taken.delete(key);
        resolve();
      };
    },
  };
};
