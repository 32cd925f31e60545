// Stores batches in PostgreSQL: each is one statement, and so one transaction. When the connection is lost before
// its commit is answered, what became of it is read, never guessed.
import type { PostgresCall, PostgresTables } from '../../application.ts';
import { type BatchWrite, RefusedWrite } from '../../store.ts';
import { type Asked, type BatchAccess, toName } from '../batch-access.ts';
import { createNumberedBatches, LostAnswer, type Place } from '../numbered-batches.ts';
import { createLoad } from './batch-load.ts';
import { toBegin, toCalls, toStatement } from './batch-statements.ts';
import { isAnswered, isShutdown, toBatchError } from './errors.ts';
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
  const numbered = createNumberedBatches({
    raiseFence: async () => {
      const { rows } = await database.run(sql(raiseFence, [writerId]));
      const [row] = rows;
      return { lastBatch: Number(row?.['last_batch']), fence: Number(row?.['fence']) };
    },
    pause: database.pause,
  });

  const send = async ({ write, calls, constraints }: Prepared, place: Place): Promise<void> => {
    const first = toBegin(write, { writerId, ...place });
    try {
      await writer.run(toStatement([first, ...calls]));
    } catch (error) {
      const reported = toBatchError(error, constraints);
      if (isAnswered(error) && !isShutdown(error)) throw reported;
      await writer.drop();
      throw new LostAnswer(reported);
    }
  };

  return {
    load: createLoad(database, tables),
    rowAtHand: () => undefined,
    isShared: true,
    merge: (change, current) => tables?.merge(change, current) ?? change.after,
    prepare: (write, asked) => {
      const calls = refusing(() => toCalls(write, tables));
      const number = numbered.next();
      const constraints = findContended(write, asked, tables);
      return () => numbered.store(number, (place) => send({ write, calls, constraints }, place));
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
