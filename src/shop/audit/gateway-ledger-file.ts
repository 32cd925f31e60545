// A gateway's ledger from a file: JSON lines as the simulated gateway writes them, or CSV with a header of the same
// names. It is sorted by order in a temporary database, so that a ledger of any size can be compared with a store. It
// never asks a gateway, and checks only the shape of a line.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { AppError, describeError } from '../../errors.ts';
import { DatabaseSync } from '../../sqlite.ts';
import { type GatewayLedger, type LedgerEntry, ledgerEntrySchema, ledgerResults } from './gateway-ledger.ts';

const lineSchema = z.object({
  /** When the gateway did it. */
  at: z.iso.datetime({ offset: true }),
  key: z.string().min(1),
  orderId: z.string().min(1),
  amount: z.union([
    z.int().nonnegative(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ]),
  currency: z.string().min(1),
  result: z.enum(ledgerResults),
  transactionId: z
    .string()
    .nullish()
    .transform((id) => id || null),
});

/** A charge that waits for its customer: it has moved no money. */
const question = z.looseObject({ result: z.literal('action-required') });

/**
 * A ledger file, and `close` for the temporary database that it is sorted in.
 * @throws AppError `invalid-setting` when a line is not a ledger entry, or the file cannot be read.
 */
export const readGatewayLedger = async (path: string): Promise<GatewayLedger & { close(): void }> => {
  const sorted = createSorter();
  try {
    await sorted.fill(readEntries(path));
    return sorted;
  } catch (error) {
    sorted.close();
    const problem = error instanceof NotAnEntry || isFileError(error) ? describeError(error) : undefined;
    if (problem === undefined) throw error;
    throw new AppError('invalid-setting', `Invalid --gateway-ledger=${path}: ${problem}`);
  }
};

class NotAnEntry extends Error {}

const isFileError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && 'code' in error;

const readEntries = async function* (path: string): AsyncIterable<LedgerEntry> {
  const isTorn = !(await endsWithNewline(path));
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let toFields: ((line: string) => unknown) | undefined;
  let broken: number | undefined;
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (broken !== undefined) throw new NotAnEntry(`line ${broken} is not a ledger entry`);
    if (line.trim() === '') continue;
    if (toFields === undefined) {
      const header = line.startsWith('{') ? undefined : splitCells(line);
      toFields = header ? (text) => zip(header, splitCells(text)) : readJson;
      if (header) continue;
    }
    const fields = toFields(line);
    if (question.safeParse(fields).success) continue;
    const checked = lineSchema.safeParse(fields);
    if (checked.success) yield { ...checked.data, line: number, at: Date.parse(checked.data.at) };
    else broken = number;
  }
  // The last line may be one that is still being written.
  if (broken !== undefined && !isTorn) throw new NotAnEntry(`line ${broken} is not a ledger entry`);
};

const endsWithNewline = async (path: string): Promise<boolean> => {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
  return buffer.toString() === '\n';
};

const readJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** The cells of a line of CSV (RFC 4180, without line breaks in cells). */
const splitCells = (line: string): string[] =>
  [...`,${line.replace(/^\ufeff/, '')}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );

const zip = (names: readonly string[], cells: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));

const createSorter = () => {
  // Without a name SQLite makes a temporary file of its own, and removes it.
  const database = new DatabaseSync('');
  database.exec(
    'CREATE TABLE entries (line INTEGER PRIMARY KEY, at, key, orderId, amount, currency, result, transactionId)',
  );
  const add = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  return {
    fill: async (entries: AsyncIterable<LedgerEntry>): Promise<void> => {
      database.exec('BEGIN');
      for await (const { line, at, key, orderId, amount, currency, result, transactionId } of entries) {
        add.run(line, at, key, orderId, amount, currency, result, transactionId);
      }
      database.exec('COMMIT; CREATE INDEX by_order ON entries (orderId, line)');
    },
    entries: function* (): Iterable<LedgerEntry> {
      const rows = database.prepare('SELECT * FROM entries ORDER BY orderId, line').iterate();
      for (const row of rows) yield ledgerEntrySchema.parse(row);
    },
    close: () => database.close(),
  };
};
