// A start waits for its database: after a power cut, everything starts at the same time. It says so once, tries again less and less
// often, and gives up after a while.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';

interface WaitingParts {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly withinMs?: number;
}

/** @throws what `open` throws, if it is not that the database does not answer, or it has not for long. */
export const untilAnswered = async <T>(
  open: () => Promise<T>,
  { clock, logger, withinMs = limits.database.startWithinMs }: WaitingParts,
): Promise<T> => {
  const startedAt = clock.now();
  let pauseMs: number = limits.database.firstPauseMs;
  for (let tries = 0; ; tries += 1) {
    try {
      const opened = await open();
      if (tries > 0) logger.info('the database answers');
      return opened;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'store-unavailable') throw error;
      const { cause } = error;
      if (tries === 0)
        logger.warn({ cause, withinMs }, 'the database does not answer: the start waits for it');
      if (clock.now() - startedAt >= withinMs) {
        const text = `The database at DATABASE_URL has not answered for ${Math.round(withinMs / 1000)} s: ${String(cause)}.`;
        throw new AppError('store-unavailable', text);
      }
      await new Promise<void>((resolve) => {
        clock.schedule(resolve, pauseMs);
      });
      pauseMs = Math.min(2 * pauseMs, limits.database.longestStartPauseMs);
    }
  }
};
