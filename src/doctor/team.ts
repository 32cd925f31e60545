// Examiners in threads of their own: replaying is pure computing, and one core is too slow for a million
// orders. What each finds is added up here; nobody but this thread reads the store.
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Terms } from './examine-case.ts';
import type { Page } from './examiner.worker.ts';
import type { Case } from './facts.ts';
import type { Tally, TallyData } from './tally.ts';

/** Pages that a worker has at a time: one that it examines, and the next. */
const pagesEach = 2;

export interface Team {
  /** Resolves when there is room for the next page. Rejects where an examiner failed. */
  examine(cases: readonly Case[]): Promise<void>;
  /** Resolves when everything was examined and added up. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

interface Member {
  readonly worker: Worker;
  pages: number;
}

export const createTeam = (size: number, terms: Terms, tally: Tally): Team => {
  const address = new URL(`./examiner.worker${extname(import.meta.url)}`, import.meta.url);
  const members: Member[] = Array.from({ length: size }, () => ({ worker: new Worker(address), pages: 0 }));
  let news = Promise.withResolvers<void>();
  let failure: { readonly error: unknown } | undefined;
  const tell = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  for (const member of members) {
    member.worker.on('message', (found: TallyData) => {
      tally.add(found);
      member.pages -= 1;
      tell();
    });
    member.worker.on('error', (error) => {
      failure ??= { error };
      tell();
    });
  }
  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      if (failure) throw failure.error;
      const found = look();
      if (found !== undefined) return found;
      await news.promise;
    }
  };
  return {
    examine: async (cases) => {
      const member = await until(() => members.find(({ pages }) => pages < pagesEach));
      member.pages += 1;
      member.worker.postMessage({ cases, terms } satisfies Page);
    },
    finish: () => until(() => (members.every(({ pages }) => pages === 0) ? true : undefined)).then(() => {}),
    close: async () => {
      await Promise.all(members.map(({ worker }) => worker.terminate()));
    },
  };
};
