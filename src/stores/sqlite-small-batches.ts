// Which batches are not worth a thread: small ones that follow each other are written in this one while the disk is quick. An
// order alone waits for its commits, and two messages between threads take longer than what they would save. Among large batches
// a small one goes to the thread as well: then others have something to do meanwhile.
import type { BoundStatement } from './sqlite-recording.ts';
import type { Writer } from './sqlite-writer.ts';

/** Statements of a small batch, at most: those of an order or two. */
const smallBatch = 16;
/** For so long this thread may stand still for a flush (ms). */
const quickMs = 2;

interface Writers {
  readonly here: Pick<Writer, 'write'>;
  readonly thread: Writer;
  /** ms, of any beginning. */
  now(): number;
}

/** Writes a small batch with `here` if the one before was small and took no longer than `quickMs`, wherever it was written. */
export const withSmallBatchesHere = ({ here, thread, now }: Writers): Writer => {
  let lastMs = Number.POSITIVE_INFINITY;
  let wasSmall = false;
  let inThread = 0;

  const measure = async (write: Promise<void>, from: number): Promise<void> => {
    await write;
    lastMs = now() - from;
  };
  const writeInThread = async (batch: readonly BoundStatement[]): Promise<void> => {
    inThread += 1;
    try {
      await thread.write(batch);
    } finally {
      inThread -= 1;
    }
  };
  return {
    write: (batch) => {
      const follows = wasSmall;
      wasSmall = batch.length <= smallBatch;
      if (!wasSmall) return writeInThread(batch);
      const from = now();
      const isHere = follows && inThread === 0 && lastMs <= quickMs;
      return measure(isHere ? here.write(batch) : writeInThread(batch), from);
    },
    close: () => {
      lastMs = Number.POSITIVE_INFINITY;
      return thread.close();
    },
  };
};
