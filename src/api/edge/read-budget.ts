// How much reading is taken on, so that orders are placed whatever is read: so many answers under way, and so much time for
// a while, after which reads get a share of it. It knows no route, and reads nothing itself.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer goes on for as long as its reader stays; MAX_STREAMS counts it. */
    readonly isStream?: boolean;
  }
}

export interface ReadBudget {
  /** Whether a request is a read that can be refused: a probe never is, and streams have a limit of their own. */
  isRead(request: FastifyRequest): boolean;
  /** Why a read from this connection is not taken on now. It costs nothing to ask. */
  whyRefused(connection: Socket): AppError | undefined;
  /** A read is taken on; it is under way until its answer is with the client. */
  begin(answer: ServerResponse): void;
  /** What is sent has been read and written down. */
  noteMade(answer: ServerResponse): void;
}

/** The reads of one turn of the event loop. One that ends in a later turn counts only up to those that did not. */
interface Turn {
  readonly startedAt: number;
  endedAt: number;
}

/** How often it is looked for answers that nobody takes, at most. */
const lookEveryMs = 1000;
const methods = new Set(['GET', 'HEAD']);

/** ms that the event loop had nothing to do so far. */
const readIdle = (): number => performance.eventLoopUtilization().idle;

/** The answers that are under way: at most so many in all, and so many of each connection. */
const createUnderWay = (most: number, clock: Clock) => {
  /** When each was made; undefined: not yet. */
  const answers = new Map<ServerResponse, number | undefined>();
  const counts = new WeakMap<Socket, number>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  const end = (answer: ServerResponse): void => {
    const { socket } = answer.req;
    if (answers.delete(answer)) counts.set(socket, (counts.get(socket) ?? 1) - 1);
  };
  /** Ends the connections of clients that do not take what they asked for. */
  const endUnread = (): void => {
    const now = clock.now();
    if (now - lookedAt < lookEveryMs) return;
    lookedAt = now;
    for (const [answer, madeAt] of answers) {
      if (madeAt === undefined || now - madeAt < limits.unreadMs) continue;
      answer.req.socket.destroy();
      end(answer);
    }
  };
  return {
    begin: (answer: ServerResponse): void => {
      const { socket } = answer.req;
      answers.set(answer, undefined);
      counts.set(socket, (counts.get(socket) ?? 0) + 1);
      answer.once('close', () => end(answer));
    },
    noteMade: (answer: ServerResponse): void => {
      if (answers.has(answer)) answers.set(answer, clock.now());
    },
    whyRefused: (connection: Socket): AppError | undefined => {
      if ((counts.get(connection) ?? 0) >= limits.readsOfConnection) {
        const text = `${limits.readsOfConnection} answers of this connection are under way; read them first.`;
        return new AppError('overloaded', text);
      }
      if (answers.size >= most) endUnread();
      if (answers.size < most) return undefined;
      return new AppError('overloaded', `${most} reads are under way; that is the most.`);
    },
  };
};

export const createReadBudget = (
  { MAX_READS, MAX_READ_MS }: Pick<Settings, 'MAX_READS' | 'MAX_READ_MS'>,
  clock: Clock,
  idleMs: () => number = readIdle,
): ReadBudget => {
  const turns = new WeakMap<ServerResponse, Turn>();
  const underWay = createUnderWay(MAX_READS, clock);
  let turn: Turn | undefined;
  /** ms of reading that the share of reads has not paid off yet. */
  let debt = 0;
  let paidAt = clock.now();
  let idleAt = idleMs();
  const pay = (): number => {
    const [now, idle] = [clock.now(), idleMs()];
    // Where the loop was idle nobody waited: one client that reads page after page starves nobody.
    const paid = (now - paidAt) * limits.readShare + (idle - idleAt) * limits.idleWorth;
    debt = Math.max(0, debt - paid);
    [paidAt, idleAt] = [now, idle];
    return now;
  };
  const beginTurn = (): Turn => {
    const now = clock.now();
    const begun = { startedAt: now, endedAt: now };
    clock.soon(() => {
      pay();
      // However long a turn took, reads are refused for a moment only: the process may have been paused.
      debt = Math.min(debt + begun.endedAt - begun.startedAt, 2 * MAX_READ_MS);
      turn = undefined;
    });
    return begun;
  };
  return {
    isRead: ({ method, is404, routeOptions: { config } }) =>
      methods.has(method) && !is404 && config.access !== 'open' && config.isStream !== true,
    whyRefused: (connection) => {
      const tooMany = underWay.whyRefused(connection);
      if (tooMany !== undefined) return tooMany;
      const now = pay();
      if (debt + now - (turn?.startedAt ?? now) < MAX_READ_MS) return undefined;
      return new AppError('overloaded', 'Too much is read at the same time; try again in a moment.');
    },
    begin: (answer) => {
      turn ??= beginTurn();
      turns.set(answer, turn);
      underWay.begin(answer);
    },
    noteMade: (answer) => {
      underWay.noteMade(answer);
      if (turn !== undefined && turns.get(answer) === turn) turn.endedAt = clock.now();
    },
  };
};
