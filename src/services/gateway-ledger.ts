// The ledger file of the simulated gateway: one JSON line for each operation that took effect, appended
// and synced in groups. It never changes a line that was synced and never decides anything. It exists so
// that the gateway remembers over crashes, and so that anyone can check its money without asking it.
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { makeFolder, privateFile, usingPath } from '../own-files.ts';
import { type Appending, createAppending } from './ledger-appending.ts';

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
  // No money moved yet: the customer has to confirm it. What then becomes of it is a line of its own, under the same key.
  z.strictObject({
    ...noted,
    operation: z.enum(['charge', 'authorize']),
    ...money,
    result: z.literal('action-required'),
    transactionId: z.string(),
  }),
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

interface Ledger extends Omit<Appending, 'append'> {
  /** What the file held when it was opened. */
  readonly entries: readonly Entry[];
  append(entry: Entry): void;
}

/**
 * Opens the file, makes it and its folder where they are missing, and cuts off a line torn by a crash.
 * @throws AppError `invalid-setting` where any other line is not a ledger entry, or the file cannot be used.
 */
export const openLedger = (path: string): Promise<Ledger> =>
  usingPath('PAYMENT_LEDGER', path, async () => {
    const folder = dirname(path);
    makeFolder(folder);
    const file = await open(path, 'a+', privateFile);
    try {
      await refuseDevices(file, path);
      const entries = await readEntries(file, path);
      await using names = await open(folder);
      await names.sync();
      const { append, ...appending } = createAppending(file);
      return { entries, ...appending, append: (entry) => append(`${JSON.stringify(entry)}\n`) };
    } catch (error) {
      await file.close();
      throw error;
    }
  });

const refuseDevices = async (file: FileHandle, path: string): Promise<void> => {
  if ((await file.stat()).isFile()) return;
  const text = 'it is no regular file, and could not be read again. Choose the path of a file';
  throw new AppError('invalid-setting', `PAYMENT_LEDGER=${path} is not usable: ${text}.`);
};

const readEntries = async (file: FileHandle, path: string): Promise<readonly Entry[]> => {
  const bytes = await file.readFile();
  const entries: Entry[] = [];
  let start = 0;
  for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', start)) {
    const entry = toEntry(bytes.toString('utf8', start, end));
    if (!entry) {
      const place = `line ${entries.length + 1} is not a ledger entry`;
      const text = `${place}. It was not changed: correct the line, or choose another path`;
      throw new AppError('invalid-setting', `PAYMENT_LEDGER=${path} is not usable: ${text}.`);
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
