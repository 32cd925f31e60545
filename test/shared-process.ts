// Runs before each test file that shares its process with others (vitest.config.ts). What a file leaves behind in the
// process could make a later file pass or fail for a wrong reason, so it fails the file that left it.
import { afterAll, beforeAll, expect } from 'vitest';

const readProcess = () => ({
  console: Object.values(console),
  date: [Date, Date.now, performance.now],
  environment: { ...process.env },
  exitCode: process.exitCode,
  fetch,
  folder: process.cwd(),
  mask: process.umask(),
  timers: [setTimeout, setInterval, setImmediate],
});

let before: ReturnType<typeof readProcess>;
beforeAll(() => {
  before = readProcess();
});
afterAll(() => expect(readProcess()).toEqual(before));
