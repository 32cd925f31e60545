// Stores batches in PostgreSQL: each is one statement, and so one transaction. When the connection is lost before
// its commit is answered, what became of it is read, never guessed.
import type { PostgresCall, PostgresTables } from '../../application.ts';
import { limits } from '../../limits.ts';
import { type BatchWrite, RefusedWrite } from '../../store.ts';
import { type Asked, type BatchAccess, toName } from '../batch-access.ts';
import { createLoad } from './batch-load.ts';
import { toBegin, toCalls, toStatement } from './batch-statements.ts';
import { isAnswered, isGivenUp, isShutdown, toBatchError } from './errors.ts';
import type { PostgresDatabase } from './open.ts';
import { sql } from './statement.ts';

/** The row of a node that was lost for very long is gone, and with it what became of the batch: it counts as not stored. */
const raiseFence = `INSERT INTO writers (writer_id, fence) VALUES ($1, 1)
  ON CONFLICT (writer_id) DO UPDATE SET fence = writers.fence + 1 RETURNING last_batch, fence`;

/** Of the store's own tables: another node placed the order, recorded the message or took the key. */
const contendedOrders = ['orders_pkey'];
const contendedKeys = 'idempotency_key';
const contendedMessages = 'history_from_outside';

/** A batch that is ready to be sent. */
interface Prepared {
  readonly write: BatchWrite;
  /** Counts the batches of this node. */
  readonly number: number;
  readonly calls: readonly PostgresCall[];
  readonly constraints: ReadonlySet<string>;
}

/** Constraints whose violation says that another node was faster, for this batch. */
const findContended = (write: BatchWrite, asked: Asked, tables: PostgresTables | undefined): Set<string> => {
  const records = [...write.orders.flatMap(({ idempotency }) => idempotency), ...(write.idempotency ?? [])];
  const areKeysAsked = records.every(({ scope, key }) => asked.keys.has(toName(scope, key)));
  return new Set([
    ...contendedOrders,
    ...(tables?.contended ?? []),
    ...(areKeysAsked ? [contendedKeys] : []),
    ...(asked.messages.size > 0 ? [contendedMessages] : []),
  ]);
};

export const createBatchAccess = (
  database: PostgresDatabase,
  tables: PostgresTables | undefined,
): BatchAccess => {
  const { writer, writerId } = database;
  let prepared = 0;
  let fence = 0;

  /** Whether the batch is stored, once nothing of it can be under way any more. */
  const isStored = async (number: number): Promise<boolean> => {
    const { rows } = await database.run(sql(raiseFence, [writerId]));
    const [row] = rows;
    fence = Number(row?.['fence']);
    return Number(row?.['last_batch']) >= number;
  };

  /** Reads what became of a batch, as soon as the database answers. */
  const resolve = async (number: number, cause: unknown): Promise<void> => {
    let pauseMs: number = limits.database.firstPauseMs;
    for (let waitedMs = 0; ; waitedMs += pauseMs) {
      try {
        if (await isStored(number)) return;
        break;
      } catch {
        if (waitedMs > limits.database.resolveWithinMs) break;
        await database.pause(pauseMs);
        pauseMs = Math.min(2 * pauseMs, limits.database.longestPauseMs);
      }
    }
    throw cause;
  };

  const store = async ({ write, number, calls, constraints }: Prepared): Promise<void> => {
    const first = toBegin(write, { writerId, number, fence });
    try {
      await writer.run([toStatement([first, ...calls])]);
    } catch (error) {
      const isKnown = isAnswered(error) && !isShutdown(error);
      if (isGivenUp(error)) await isStored(number);
      if (!isKnown) {
        await writer.drop();
        await resolve(number, toBatchError(error, constraints));
        return;
      }
      throw toBatchError(error, constraints);
    }
  };

  return {
    load: createLoad(database, tables),
    rowAtHand: () => undefined,
    isShared: true,
    merge: (change, current) => tables?.merge(change, current) ?? change.after,
    prepare: (write, asked) => {
      const calls = refusing(() => toCalls(write, tables));
      prepared += 1;
      const number = prepared;
      const constraints = findContended(write, asked, tables);
      return () => store({ write, number, calls, constraints });
    },
  };
};

/** @throws RefusedWrite for values that cannot be written. */
const refusing = <T>(task: () => T): T => {
  try {
    return task();
  } catch (error) {
    throw new RefusedWrite(error);
  }
};
