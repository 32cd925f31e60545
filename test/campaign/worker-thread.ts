// A worker thread that runs tasks of a campaign. Simulations need much processor time, so they use another core; and
// their coverage is not counted.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Task, TaskResult } from './task.ts';

export interface WorkerThread extends AsyncDisposable {
  /** Runs one task at a time. Rejects if the thread fails. */
  run(task: Task): Promise<TaskResult>;
}

export const startWorkerThread = (): WorkerThread => {
  const worker = new Worker(new URL('./task.worker.ts', import.meta.url));
  return {
    run: async (task) => {
      worker.postMessage(task);
      const [result]: TaskResult[] = await once(worker, 'message');
      if (result === undefined) throw new Error('the thread sent no result');
      return result;
    },
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
};
