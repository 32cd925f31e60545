// Examiners in threads of their own: replaying is pure computing, and one core is too slow for a million orders. Their
// results are added up here; only this thread reads the store.
import { Worker } from 'node:worker_threads';
import type { AuditTerms } from '../audit.ts';
import type { OrderRecords } from '../audit-source.ts';
import type { CollectedResults, ResultsData } from './results.ts';

/** Pages that a worker has at a time: one that it examines, and the next. */
const pagesEach = 2;

/** What a worker gets; it answers with its results. */
export interface Page {
  readonly records: readonly OrderRecords[];
  readonly terms: AuditTerms;
}

export interface WorkerPool {
  /** Resolves when there is room for the next page. Rejects when an examiner failed. */
  examine(page: readonly OrderRecords[]): Promise<void>;
  /** Resolves when everything was examined and added up. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

interface Member {
  readonly worker: Worker;
  pages: number;
}

export const createWorkerPool = (
  size: number,
  module: URL,
  terms: AuditTerms,
  results: CollectedResults,
): WorkerPool => {
  const members: Member[] = Array.from({ length: size }, () => ({ worker: new Worker(module), pages: 0 }));
  let change = Promise.withResolvers<void>();
  let failure: { readonly error: unknown } | undefined;
  const notify = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  for (const member of members) {
    member.worker.on('message', (found: ResultsData) => {
      results.add(found);
      member.pages -= 1;
      notify();
    });
    member.worker.on('error', (error) => {
      failure ??= { error };
      notify();
    });
  }
  const until = async <T>(find: () => T | undefined): Promise<T> => {
    for (;;) {
      if (failure) throw failure.error;
      const found = find();
      if (found !== undefined) return found;
      await change.promise;
    }
  };
  return {
    examine: async (records) => {
      const member = await until(() => members.find(({ pages }) => pages < pagesEach));
      member.pages += 1;
      member.worker.postMessage({ records, terms } satisfies Page);
    },
    finish: async () => {
      await until(() => (members.every(({ pages }) => pages === 0) ? true : undefined));
    },
    close: async () => {
      await Promise.all(members.map(({ worker }) => worker.terminate()));
    },
  };
};
