// One order's part of a commit: the works that it takes, what each came to, and whose fault it is where the
// order has to be left out. It writes nothing and answers nobody; the committer does.
import { AppError } from '../errors.ts';
import type { IdempotencyRecord, OrderWrite } from '../store.ts';
import type { Session, Trouble } from './session.ts';

/** One thing to do with one order, inside a commit. */
export interface Work {
  readonly kind: 'accept' | 'move' | 'fact' | 'reply' | 'deadline';
  readonly orderId: string;
  /** Places a new order, with this correlation id. */
  readonly places?: string;
  /** Commits alone, because an idempotency key may turn it down. */
  readonly alone: boolean;
  /** Steps messages; what it returns is called after the commit. @throws AppError to refuse. */
  perform(session: Session): Promise<() => void>;
  /** The idempotency key was used before. */
  replay(record: IdempotencyRecord): void;
  reject(error: unknown): void;
}

/** One order's works in one commit. */
export interface Taken {
  readonly orderId: string;
  readonly works: readonly Work[];
  session: Session | undefined;
  /** Called after the commit. */
  answers: (() => void)[];
  readonly refused: Map<Work, AppError>;
  /** Works that a commit failed on: their messages are set aside this time. */
  readonly troubles: Map<Work, Trouble>;
  /** The work that is being performed; undefined once all were. */
  performing: Work | undefined;
  staleness: number;
}

export const takeWorks = (orderId: string, works: readonly Work[]): Taken => ({
  orderId,
  works,
  session: undefined,
  answers: [],
  refused: new Map(),
  troubles: new Map(),
  performing: undefined,
  staleness: 0,
});

/** Performs the works in a new session, and says what of them is to be written. */
export const decide = async (taken: Taken, session: Session): Promise<OrderWrite | null> => {
  taken.answers = [];
  taken.refused.clear();
  taken.session = session;
  for (const work of taken.works) {
    taken.performing = work;
    session.setAside(taken.troubles.get(work));
    try {
      taken.answers.push(await work.perform(session));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      taken.refused.set(work, error);
    }
  }
  taken.performing = undefined;
  return session.toWrite();
};

/**
 * Notes that the order was left out because of `error`: the messages of the work that threw, or of all of them
 * where what they came to could not be written, are set aside the next time. Returns whether that is new.
 */
export const blame = ({ works, troubles, performing }: Taken, error: unknown): boolean => {
  const blamed = (performing ? [performing] : works).filter((work) => !troubles.has(work));
  for (const work of blamed) troubles.set(work, { error });
  return blamed.length > 0;
};
