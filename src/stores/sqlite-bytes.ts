// What the bytes of a database and of its write-ahead log say before SQLite opens them: SQLite itself applies whatever log
// lies beside a file, and misses none. It changes nothing, and knows no table.
import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** https://sqlite.org/fileformat2.html#the_database_header */
export interface MainFile {
  readonly bytes: number;
  readonly pageBytes: number;
  /** That it should have; undefined where the header does not say. */
  readonly pages: number | undefined;
  /** Whether it is kept with a write-ahead log. SQLite's `VACUUM INTO` makes files without. */
  readonly keepsLog: boolean;
}

const headerBytes = 100;
const logHeaderBytes = 32;
const frameHeaderBytes = 24;
const magic = 'SQLite format 3\0';

const withFile = <T>(path: string, read: (take: (from: number, count: number) => Buffer) => T): T => {
  const file = openSync(path, 'r');
  try {
    return read((from, count) => {
      const bytes = Buffer.alloc(count);
      return bytes.subarray(0, readSync(file, bytes, 0, count, from));
    });
  } finally {
    closeSync(file);
  }
};

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Undefined for a file that is empty, or no database. The caller holds the lock: no connection of ours is open. */
export const readMainFile = (path: string): MainFile | undefined => {
  const bytes = sizeOf(path);
  if (bytes === 0) return undefined;
  return withFile(path, (take) => {
    const header = take(0, headerBytes);
    if (header.length < headerBytes || header.toString('latin1', 0, 16) !== magic) return undefined;
    const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    const isValid = header.readUInt32BE(24) === header.readUInt32BE(92);
    const pages = isValid ? header.readUInt32BE(28) : undefined;
    return { bytes, pageBytes, pages, keepsLog: header[18] === 2 };
  });
};

/** https://sqlite.org/fileformat2.html#the_write_ahead_log */
export interface LogFile {
  /** One more after each restart, and by chance for another log. 32 bits: it goes on with 0 after the last one. */
  readonly salt: number;
  /** How often it was begun anew after it was folded in, as the connection counts that did it last: 0 for a new log. */
  readonly restarts: number;
}

/** What the header of a log says, whether it holds a commit or not; undefined if there is none. */
export const readLogSalt = (path: string): number | undefined => {
  if (sizeOf(path) < logHeaderBytes) return undefined;
  return withFile(path, (take) => take(16, 4).readUInt32BE(0));
};

/** Undefined if there is no log, or it holds no commit. */
export const readLogFile = (path: string): LogFile | undefined => {
  const bytes = sizeOf(path);
  if (bytes < logHeaderBytes) return undefined;
  return withFile(path, (take) => {
    const header = take(0, logHeaderBytes);
    const restarts = header.readUInt32BE(12);
    const frameBytes = frameHeaderBytes + header.readUInt32BE(8);
    for (let at = logHeaderBytes; at + frameBytes <= bytes; at += frameBytes) {
      const frame = take(at, frameHeaderBytes);
      // What is left of an earlier use of the log has another salt.
      if (frame.length < frameHeaderBytes || frame.compare(header, 16, 24, 8, 16) !== 0) return undefined;
      const endsCommit = frame.readUInt32BE(4) !== 0;
      if (endsCommit) return { salt: header.readUInt32BE(16), restarts };
    }
    return undefined;
  });
};

/**
 * Whether a part of a database without a log is missing. With a log this is not known: what is folded in has to be in
 * neither for a while.
 */
export const isTruncated = ({ bytes, pageBytes, pages }: MainFile): boolean =>
  pages !== undefined && bytes < pages * pageBytes;

/** Whether a transaction without a log was cut off: SQLite undoes it when it opens the file. */
export const hasRollbackJournal = (path: string): boolean => sizeOf(`${path}-journal`) > 0;
