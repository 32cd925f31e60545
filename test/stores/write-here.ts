// A SQLite store whose batches are written in this thread: for tests that have their own clock, or look at the writer.
import type { OpenDatabase } from '../../src/stores/sqlite-open.ts';
import { createInlineWriter } from '../../src/stores/sqlite-writer.ts';

export const writeHere = (database: OpenDatabase): OpenDatabase => ({
  ...database,
  batches: createInlineWriter(database.writer),
});
