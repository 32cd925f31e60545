// `orderchart diff` as a person runs it: what it prints and writes, how it ends, and its errors.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { createMachine } from 'xstate';
import { printDiff } from '../../src/cli/diff.ts';
import { createCompareVersions } from '../../src/diff/diff.ts';
import { runCommand } from '../e2e/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'diff-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const chartOf = (target: string) =>
  createMachine({ id: 'door', initial: 'a', states: { a: { on: { go: target } }, b: {}, c: {} } });
const toVersion = (target: string) => ({ charts: { door: chartOf(target) }, messages: {} });
const versions = createCompareVersions({
  ...{ chartVersion: '2', ...toVersion('c') },
  otherVersions: { '1': toVersion('b'), '2-draft': toVersion('c') },
});

const run = async (...words: readonly string[]) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await printDiff(words, versions);
  return { code: process.exitCode, output: log.mock.calls.flat().join('\n') };
};

it('differences are printed by actor with marks, a legend and a summary, and end with 1', async () => {
  expect(await run('1', '2')).toEqual({
    code: 1,
    output: `Chart versions 1 → 2

door
  ~! transition a on go: target: b ⇒ c

+ added   - removed   ~ changed   ! alters what stored orders would do   before ⇒ after

1 change: 0 added, 0 removed, 1 changed; 1 of them alters what stored orders would do.`,
  });
});

it('no difference is said in one line, and ends with 0', async () => {
  expect(await run('2-draft', '2')).toEqual({
    code: 0,
    output: 'Chart versions 2-draft → 2: no difference.',
  });
});

it('--json prints the versions, the counts and the changes', async () => {
  const { output } = await run('1', '2', '--json');
  expect(JSON.parse(output)).toEqual({
    ...{ from: '1', to: '2' },
    summary: { changes: 1, added: 0, removed: 0, changed: 1, altering: 1 },
    changes: [
      {
        ...{ actor: 'door', kind: 'transition', change: 'changed', where: 'a on go' },
        ...{ about: 'target', before: 'b', after: 'c', alters: true },
      },
    ],
  });
});

it('--svg writes the picture, and the text is printed all the same', async () => {
  const file = join(folder, 'diff.svg');
  const { output } = await run('1', '2', '--svg', file);
  expect(output).toContain('1 change');
  const svg = readFileSync(file, 'utf8');
  expect(svg).toMatch(/^<svg xmlns/);
  expect(svg).toContain('~! go target: b ⇒ c');
});

it.each([
  [['1', '3'], "There are no charts of version '3'. The versions are: 2, 2-draft, 1"],
  [['1'], 'diff needs two versions: orderchart diff FROM TO. The versions are: 2, 2-draft, 1'],
  [['1', '2', '2'], 'diff needs two versions'],
  [['1', '2', '--svg', join(folder, 'no', 'folder.svg')], 'Invalid --svg='],
  [['1', '2', '--png'], "Unknown option '--png'"],
])('%j is refused, and says why', async (words, problem) => {
  await expect(printDiff(words, versions)).rejects.toThrow(problem);
});

it('the program compares the shop with itself, and ends with 2 for a version that there is not', async () => {
  expect(await runCommand(['diff', '1', '1'], folder)).toEqual({
    ...{ code: 0, output: 'Chart versions 1 → 1: no difference.\n' },
  });
  const { code, output } = await runCommand(['diff', '1', 'none'], folder);
  expect({ code, output }).toEqual({
    code: 2,
    output: expect.stringMatching(
      /^orderchart: There are no charts of version 'none'\. The versions are: .*\b1\b/,
    ),
  });
});

it('--help says what is compared, which versions there are, and what the exit codes mean', async () => {
  const { code, output } = await runCommand(['diff', '--help'], folder);
  expect(output).toMatch(/^Usage: orderchart diff FROM TO/);
  expect(output).toMatch(/^The versions are: /m);
  expect(output).toMatch(/^Exit code: 0 no difference, 1 differences/m);
  expect(code).toBe(0);
});
