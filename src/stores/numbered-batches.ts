// The batches that one node sends to a store which others write to as well. They are numbered, and the store keeps the number of the
// last one: when the connection is lost before an answer, what became of the batch is read, never guessed. First the node raises
// its fence there, and the store refuses whatever comes under an earlier one: what is still on its way is not stored any more.
import { limits } from '../limits.ts';
import { StaleBatch } from '../store.ts';

/** The store refused a batch because its node had given it up, or an earlier one. */
export class GivenUp extends StaleBatch {
  constructor() {
    super('The outcome of a batch that was given up');
  }
}

/** The connection was lost: a batch may be stored, or on its way, or never have left. `cause`: what to report if it is not stored. */
export class LostAnswer extends Error {
  constructor(cause: unknown) {
    super('the answer to a batch was lost', { cause });
    this.name = 'LostAnswer';
  }
}

/** Under what a batch is sent. */
export interface Place {
  /** Counts the batches of this node. */
  readonly number: number;
  readonly fence: number;
}

/** What a store knows of a node. */
export interface NodeRow {
  /** Number of the last batch that is stored. */
  readonly lastBatch: number;
  readonly fence: number;
}

interface NumberedParts {
  /** Raises the node's fence by one, behind whatever of it is being stored. */
  raiseFence(): Promise<NodeRow>;
  pause(ms: number): Promise<void>;
}

export interface NumberedBatches {
  next(): number;
  /** Stores batch `number` with `send`. @throws what `send` throws, but for a LostAnswer its cause, and only if it is not stored. */
  store(number: number, send: (place: Place) => Promise<void>): Promise<void>;
}

export const createNumberedBatches = ({ raiseFence, pause }: NumberedParts): NumberedBatches => {
  let numbered = 0;
  let fence = 0;

  /** Whether the batch is stored, once nothing of it can be under way any more. */
  const isStored = async (number: number): Promise<boolean> => {
    const row = await raiseFence();
    fence = row.fence;
    return row.lastBatch >= number;
  };

  /** Reads what became of a batch, as soon as the store answers. */
  const resolve = async (number: number, cause: unknown): Promise<void> => {
    let pauseMs: number = limits.database.firstPauseMs;
    for (let waitedMs = 0; ; waitedMs += pauseMs) {
      try {
        if (await isStored(number)) return;
        break;
      } catch {
        if (waitedMs > limits.database.resolveWithinMs) break;
        await pause(pauseMs);
        pauseMs = Math.min(2 * pauseMs, limits.database.longestPauseMs);
      }
    }
    throw cause;
  };

  return {
    next: () => {
      numbered += 1;
      return numbered;
    },
    store: async (number, send) => {
      try {
        await send({ number, fence });
      } catch (error) {
        if (error instanceof GivenUp) await isStored(number);
        if (!(error instanceof LostAnswer)) throw error;
        await resolve(number, error.cause);
      }
    },
  };
};
