// One page of a list, bounded in entries and in bytes: it is read in parts, each entry is written down once, and the page
// ends early where the next entry would not fit. It knows no route and no store.
import type { FastifyReply } from 'fastify';
import { limits } from '../../limits.ts';

/** How a list is read. A `Place` is where a page ends: the next one begins behind it. */
export interface Listing<Row, Place> {
  /** Entries on the page, at most. */
  readonly limit: number;
  readonly after: Place;
  read(after: Place, limit: number): Promise<readonly Row[]>;
  toPlace(row: Row): Place;
  /** What is shown of a row. */
  toEntries(row: Row): readonly object[];
}

export interface Page<Place> {
  /** JSON texts. */
  readonly entries: readonly string[];
  /** Where the next page begins; null: there was nothing more. */
  readonly next: Place | null;
}

const firstPart = 8;
const longestPart = 128;

/** As many rows as should fit, judged by those so far, but not many more than those. */
const toNextPart = (rows: number, bytes: number): number => {
  const fitting = Math.ceil(((limits.pageBytes - bytes) * rows) / Math.max(1, bytes));
  return Math.max(1, Math.min(fitting, rows * firstPart, longestPart));
};

/** Reads a page. It has at least one row, if there is one, however large that is. */
export const readPage = async <Row, Place>(listing: Listing<Row, Place>): Promise<Page<Place>> => {
  const { limit, read, toPlace, toEntries } = listing;
  const entries: string[] = [];
  let { after } = listing;
  let [rows, bytes, part] = [0, 0, firstPart];
  while (rows < limit) {
    const asked = Math.min(part, limit - rows);
    const found = await read(after, asked);
    for (const row of found) {
      const texts = toEntries(row).map((entry) => JSON.stringify(entry));
      const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      if (rows > 0 && bytes + size > limits.pageBytes) return { entries, next: after };
      entries.push(...texts);
      after = toPlace(row);
      rows += 1;
      bytes += size;
    }
    if (found.length < asked) return { entries, next: null };
    part = toNextPart(rows, bytes);
  }
  return { entries, next: after };
};

/** Sends `{ [name]: entries, next }`, and what else there is to say. */
export const sendPage = (
  reply: FastifyReply,
  name: string,
  { entries, next }: Page<string | number | undefined>,
  others: Readonly<Record<string, object>> = {},
): void => {
  const after = next === null ? null : String(next);
  const rest = JSON.stringify({ next: after, ...others }).slice(1);
  reply.type('application/json').send(`{${JSON.stringify(name)}:[${entries.join(',')}],${rest}`);
};
