// One examiner of a worker pool, in a thread of its own: pages of records come in, results go out. A worker's module
// starts it for its application.
import { parentPort } from 'node:worker_threads';
import type { Application } from '../application.ts';
import { examineOrder, toExamined } from './examine-order.ts';
import { createResults } from './results.ts';
import type { Page } from './worker-pool.ts';

export const serveExaminer = (application: Application): void => {
  const examined = toExamined(application);
  parentPort?.on('message', ({ records, terms }: Page) => {
    const results = createResults();
    for (const each of records) examineOrder(examined, each, terms, results);
    parentPort?.postMessage(results.data());
  });
};
