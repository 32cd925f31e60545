// How much reading is taken on, so that orders are placed whatever is read: so many answers under way, and so much time in
// one turn of the event loop, after which orders have theirs. It knows no route, and reads nothing itself.
import type { ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import { limits, type Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer goes on for as long as its reader stays; MAX_STREAMS counts it. */
    readonly isStream?: boolean;
  }
}

export interface ReadBudget {
  /** Whether a request is a read that can be refused: a probe never is, and streams have a limit of their own. */
  isRead(request: FastifyRequest): boolean;
  /** Why a read is not taken on now. It costs nothing to ask. */
  whyRefused(): AppError | undefined;
  /** A read is taken on; it is under way until its answer is with the client. */
  begin(answer: ServerResponse): void;
}

const methods = new Set(['GET', 'HEAD']);

export const createReadBudget = (
  { MAX_READS, MAX_READ_MS }: Pick<Settings, 'MAX_READS' | 'MAX_READ_MS'>,
  clock: Clock,
): ReadBudget => {
  let underWay = 0;
  /** The reads of this turn of the event loop, if there are any. */
  let turn: { readonly startedAt: number; reads: number } | undefined;
  const beginTurn = () => {
    // What waits for its turn, such as a commit, comes before the next input is taken in.
    clock.soon(() => {
      turn = undefined;
    });
    return { startedAt: clock.now(), reads: 0 };
  };
  return {
    isRead: ({ method, is404, routeOptions: { config } }) =>
      methods.has(method) && !is404 && config.isProbe !== true && config.isStream !== true,
    whyRefused: () => {
      if (underWay >= MAX_READS) {
        return new AppError('overloaded', `${MAX_READS} reads are under way; that is the most.`);
      }
      // The first few are taken on whatever the time: a pause of the whole process is no flood.
      if (turn === undefined || turn.reads < limits.readsInTurn) return undefined;
      if (clock.now() - turn.startedAt < MAX_READ_MS) return undefined;
      return new AppError('overloaded', 'Too much is read at the same time; try again in a moment.');
    },
    begin: (answer) => {
      turn ??= beginTurn();
      turn.reads += 1;
      underWay += 1;
      answer.once('close', () => {
        underWay -= 1;
      });
    },
  };
};
