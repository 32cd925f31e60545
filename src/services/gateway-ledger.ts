// The ledger file of the simulated gateway: one JSON line for each operation that took effect, appended
// and synced in groups. It never changes a line that was synced and never decides anything. It exists so
// that the gateway remembers over crashes, and so that anyone can check its money without asking it.
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';

const noted = { at: z.iso.datetime(), key: z.string(), orderId: z.string() };
const money = { amount: z.int().nonnegative(), currency: z.string() };
const taken = <const Does extends string, const Done extends string>(operation: Does, result: Done) =>
  z.strictObject({
    ...noted,
    operation: z.literal(operation),
    ...money,
    result: z.literal(result),
    transactionId: z.string(),
  });
const entrySchema = z.discriminatedUnion('result', [
  taken('charge', 'charged'),
  taken('authorize', 'authorized'),
  taken('capture', 'captured'),
  taken('void', 'voided'),
  taken('refund', 'refunded'),
  z.strictObject({
    ...noted,
    operation: z.enum(['charge', 'authorize']),
    ...money,
    result: z.literal('declined'),
    transactionId: z.null(),
  }),
]);
/** One line. `transactionId` is the charge's, also for its capture, void or refund. */
export type Entry = z.infer<typeof entrySchema>;

interface Ledger {
  /** What the file held when it was opened. */
  readonly entries: readonly Entry[];
  append(entry: Entry): void;
  /**
   * Resolves when everything appended so far is on the disk. Once a write has failed it always rejects:
   * only the file itself, read again at the next start, can tell what it holds.
   */
  written(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file, makes it and its folder where they are missing, and cuts off a line torn by a crash.
 * @throws AppError `invalid-setting` where any other line is not a ledger entry.
 */
export const openLedger = async (path: string): Promise<Ledger> => {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(path, 'a+', 0o600);
  try {
    const entries = await readEntries(file, path);
    await using names = await open(folder);
    await names.sync();
    return { entries, ...createAppending(file) };
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** While one group of lines is being synced, the next one gathers. */
const createAppending = (file: FileHandle): Omit<Ledger, 'entries'> => {
  let gathered = '';
  let last = Promise.resolve();
  const write = async (): Promise<void> => {
    const group = gathered;
    gathered = '';
    await file.appendFile(group);
    await file.datasync();
  };
  return {
    append: (entry) => {
      if (gathered === '') last = last.then(write);
      gathered += `${JSON.stringify(entry)}\n`;
    },
    written: () => last,
    close: async () => {
      try {
        await last;
      } finally {
        await file.close();
      }
    },
  };
};

const readEntries = async (file: FileHandle, path: string): Promise<readonly Entry[]> => {
  const bytes = await file.readFile();
  const entries: Entry[] = [];
  let start = 0;
  for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', start)) {
    const entry = toEntry(bytes.toString('utf8', start, end));
    if (!entry) {
      const place = `line ${entries.length + 1} is not a ledger entry`;
      throw new AppError('invalid-setting', `PAYMENT_LEDGER=${path} is not usable: ${place}`);
    }
    entries.push(entry);
    start = end + 1;
  }
  // A line without its end was never answered: cutting it off breaks no promise.
  if (start < bytes.length) {
    await file.truncate(start);
    await file.sync();
  }
  return entries;
};

const toEntry = (line: string): Entry | undefined => {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
};
