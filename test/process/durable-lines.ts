// A file of JSON lines that survives a crash of its writer: a line is on the disk when its promise resolves. Lines
// that are added during a sync share the next one.
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface DurableLines {
  /** Resolves when the line is on the disk. */
  append(line: object): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file for appending; creates it and its folder if they are missing. */
export const openDurableLines = async (path: string): Promise<DurableLines> => {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a');
  let batch = '';
  let last = Promise.resolve();
  const write = async (): Promise<void> => {
    const lines = batch;
    batch = '';
    await file.appendFile(lines);
    await file.datasync();
  };
  return {
    append: (line) => {
      if (batch === '') last = last.then(write);
      batch += `${JSON.stringify(line)}\n`;
      return last;
    },
    close: async () => {
      await last;
      await file.close();
    },
  };
};

/** Every line of such a file; none if there is no file. */
export const readLines = async (path: string): Promise<readonly unknown[]> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
};
