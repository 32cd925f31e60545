// A file of JSON lines that outlives whoever writes it: a line is on the disk when its promise resolves. Lines
// that come while others are being synced share the next sync.
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface SyncedLines {
  /** Resolves when the line is on the disk. */
  append(line: object): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file for appending, and makes it and its folder where they are missing. */
export const openSyncedLines = async (path: string): Promise<SyncedLines> => {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a');
  let gathered = '';
  let last = Promise.resolve();
  const write = async (): Promise<void> => {
    const group = gathered;
    gathered = '';
    await file.appendFile(group);
    await file.datasync();
  };
  return {
    append: (line) => {
      if (gathered === '') last = last.then(write);
      gathered += `${JSON.stringify(line)}\n`;
      return last;
    },
    close: async () => {
      await last;
      await file.close();
    },
  };
};

/** Every line of such a file; none where there is no file. */
export const readLines = async (path: string): Promise<readonly unknown[]> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
};
