// Appends lines to the ledger file and syncs them in groups; while one group is being synced, the next one gathers. When
// the disk is full it keeps what is not written, and goes on when there is room. It never changes a line that was synced.
import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { systemCodeOf } from '../own-files.ts';

export interface Appending {
  append(line: string): void;
  /**
   * Resolves when everything appended so far is on the disk, and tries again what a full disk has refused. After any
   * other failure it always rejects: only the file itself, read again at the next start, can tell what it holds.
   */
  written(): Promise<void>;
  /** @throws AppError `store-unavailable`, for everyone to read, if lines wait that cannot be written. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(systemCodeOf(error) ?? '');

export const createAppending = (file: FileHandle): Appending => {
  let gathered = '';
  let isScheduled = false;
  let last = Promise.resolve();
  /** Where the file is to be cut before the next try: behind it are parts of lines. */
  let cutAt: number | undefined;
  let broken: unknown;

  const write = async (): Promise<void> => {
    isScheduled = false;
    if (broken !== undefined) throw broken;
    const group = gathered;
    gathered = '';
    try {
      if (cutAt !== undefined) await file.truncate(cutAt);
      const { size } = await file.stat();
      cutAt = size;
      await file.appendFile(group);
      await file.datasync();
      cutAt = undefined;
    } catch (error) {
      gathered = group + gathered;
      if (!isFull(error)) broken = error;
      throw error;
    }
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    last = last.then(write, write);
  };
  const written = (): Promise<void> => {
    if (gathered !== '') schedule();
    return last;
  };
  return {
    append: (line) => {
      gathered += line;
      schedule();
    },
    written,
    check: async () => {
      try {
        await written();
      } catch (error) {
        const text = isFull(error)
          ? 'the disk of the payment ledger is full: make room; charges go on by themselves'
          : 'the payment ledger cannot be written: see to its disk, and start again';
        throw new AppError('store-unavailable', text);
      }
    },
    close: async () => {
      try {
        await written();
      } finally {
        await file.close();
      }
    },
  };
};
