// The thread that writes batches to a SQLite file, one after the other, each in one transaction. It decides nothing.
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync } from '../sqlite.ts';
import { type BatchMessage, createMessageRunner } from './sqlite-batch-message.ts';
import { applySettings, busyMs } from './sqlite-settings.ts';
import { createTransact } from './sqlite-transaction.ts';
import type { WriterAnswer } from './sqlite-writer.ts';

const connection = new DatabaseSync(String(workerData), { timeout: busyMs });
applySettings(connection);
const run = createMessageRunner(connection);
const transact = createTransact(connection);

const write = (batch: BatchMessage): WriterAnswer => {
  try {
    transact(() => run(batch));
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
    return { message, errcode };
  }
};

/** Null ends the thread. */
parentPort?.on('message', (batch: BatchMessage | null) => {
  if (batch !== null) {
    parentPort?.postMessage(write(batch));
    return;
  }
  connection.close();
  parentPort?.close();
});
