// The clock of a node over PostgreSQL: the database's time, asked for on a connection of its own. Nodes that count by it agree on
// when a lease ends, whatever their machines say. While the database is away it goes on as it did.
import { type Clock, monotonicMs } from '../../clock.ts';
import { createDatabaseTime, type TimeAnswer } from '../../database-time.ts';
import { limits } from '../../limits.ts';
import { toOpenError } from './errors.ts';
import { Line } from './line.ts';
import { toConnecting } from './open.ts';
import { sql } from './statement.ts';

const question = sql('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms');

const ask = async (line: Line, monotonic: () => number): Promise<readonly TimeAnswer[]> => {
  const answers: TimeAnswer[] = [];
  for (let asked = 0; asked < limits.database.timeQuestions; asked += 1) {
    const sentAt = monotonic();
    const { rows } = await line.run(question);
    answers.push({ sentAt, answeredAt: monotonic(), time: Number(rows[0]?.['ms']) });
  }
  return answers;
};

/**
 * The time of the database at `url`, with the timers of `timers`.
 * @throws AppError `invalid-setting`, or `store-unavailable` if it does not answer now.
 */
export const openTime = async (
  url: string,
  timers: Pick<Clock, 'schedule' | 'soon'>,
  monotonic: () => number = monotonicMs,
): Promise<{ readonly clock: Clock; close(): Promise<void> }> => {
  const line = new Line(toConnecting(url).connecting);
  const first = await ask(line, monotonic).catch(async (error: unknown) => {
    await line.drop();
    throw toOpenError(error);
  });
  const time = createDatabaseTime(monotonic, first);
  let isClosed = false;
  let cancel: (() => void) | undefined;
  const askAgain = async (): Promise<void> => {
    try {
      time.note(await ask(line, monotonic));
    } catch {
      // It is away: the store says so, and the last offset goes on.
    }
    plan();
  };
  const plan = (): void => {
    if (isClosed) return;
    cancel = timers.schedule(() => void askAgain(), limits.database.askTimeMs);
  };
  plan();
  return {
    clock: {
      now: time.now,
      jumps: time.jumps,
      schedule: (...given) => timers.schedule(...given),
      soon: (callback) => timers.soon(callback),
    },
    close: async () => {
      isClosed = true;
      cancel?.();
      await line.drop();
    },
  };
};
