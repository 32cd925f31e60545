// The checks that should find planted bugs: the product's own tests and simulator, run as processes of their own over a
// copy of the source. None knows of any bug.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** In the order in which they are asked: first who sees the whole, then who looks at one part. */
const folders = {
  charts: ['test/machines'],
  step: ['test/step'],
  stores: ['test/contracts', 'test/stores'],
  postgres: ['test/stores/postgres'],
  disk: ['test/disk'],
  host: ['test/hosts', 'test/main.test.ts'],
  services: ['test/services', 'test/shop', 'test/service.test.ts', 'test/service-unanswered.test.ts'],
  api: ['test/api', 'test/access', 'test/callers.test.ts'],
  socket: ['test/local-socket'],
  model: ['test/model'],
  simulation: ['src/simulator'],
} as const;
export type CheckName = keyof typeof folders;
export const checkNames = Object.keys(folders).filter((name): name is CheckName => name in folders);

const report = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** Runs one check over the source at `path`: what failed first, or undefined where all is well. */
export const runCheck = async (name: CheckName, path: string): Promise<string | undefined> => {
  if (name === 'simulation') return simulateSeeds(path);
  // The first failure ends the run; where files run side by side, now and then before the report has its name.
  const sideBySide = await runTests(name, path, []);
  if (sideBySide.code === 0 || sideBySide.failed !== undefined) return sideBySide.failed;
  const { code, failed } = await runTests(name, path, ['--no-file-parallelism']);
  return failed ?? `exit code ${sideBySide.code}, then ${code}`;
};

/** Runs the tests of one check: their exit code, and the first test or file that failed. */
const runTests = async (name: keyof typeof folders, path: string, more: readonly string[]) => {
  const output = join(path, `${name}.json`);
  const others = name === 'stores' ? ['--exclude', 'test/stores/postgres/**'] : [];
  const asked = [...folders[name], ...others, '--bail', '1', ...more];
  const words = ['run', ...asked, '--reporter', 'json', '--outputFile', output];
  const code = await run([join(path, 'node_modules/vitest/vitest.mjs'), ...words], path);
  if (code === 0) return { code, failed: undefined };
  const { testResults } = report.parse(JSON.parse(await readFile(output, 'utf8')));
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const first = results.find(({ status }) => status === 'failed')?.fullName;
  return { code, failed: first ?? testResults.find(({ message }) => message !== '')?.message };
};

/** The test runner sets variables for its own tests; a runner inside must not take them for its own. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST|DEV|PROD|MODE|SSR|NODE_ENV)/.test(name)),
);

const seeds = 40;

/** Simulates seed after seed: the first that something did not hold in, or undefined. */
const simulateSeeds = async (path: string): Promise<string | undefined> => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    if ((await run(['src/main.ts', 'simulate', '--seed', String(seed)], path)) !== 0) return `seed ${seed}`;
  }
  return undefined;
};

const run = (words: readonly string[], cwd: string): Promise<number | null> => {
  const child = spawn(process.execPath, words, { cwd, env: environment, stdio: 'ignore' });
  const done = Promise.withResolvers<number | null>();
  child.once('exit', done.resolve);
  child.once('error', done.reject);
  return done.promise;
};
