// The planted bugs: each a patch beside this file, whose first line says what it breaks and whose second line
// names the check that is expected to find it. They are only ever applied to a copy of the source.
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyPatch, parsePatch } from 'diff';
import { type CheckName, checkNames } from './checks.ts';

export interface PlantedBug {
  readonly name: string;
  readonly description: string;
  readonly expectedBy: CheckName;
  readonly patch: string;
}

const root = join(import.meta.dirname, '..', '..');
const ending = '.patch';

/** Every planted bug, by name. @throws Error where a patch lacks one of its two lines. */
export const readBugs = async (): Promise<readonly PlantedBug[]> => {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith(ending)).sort();
  return Promise.all(files.map(readBug));
};

const readBug = async (file: string): Promise<PlantedBug> => {
  const patch = await readFile(join(import.meta.dirname, file), 'utf8');
  const [description = '', found = ''] = patch.split('\n', 2);
  const expectedBy = checkNames.find((name) => found === `Found by: ${name}`);
  if (!description.endsWith('.') || expectedBy === undefined) {
    throw new Error(`${file} must begin with a sentence, and "Found by: " one of ${checkNames.join(', ')}`);
  }
  return { name: file.slice(0, -ending.length), description, expectedBy, patch };
};

/** The changed text of each file that a bug touches. @throws Error where the patch does not fit the source. */
export const patched = async ({ name, patch }: PlantedBug): Promise<ReadonlyMap<string, string>> => {
  const texts = new Map<string, string>();
  for (const change of parsePatch(patch)) {
    const file = change.newFileName?.replace(/^b\//, '') ?? '';
    const text = applyPatch(await readFile(join(root, file), 'utf8'), change);
    if (text === false) throw new Error(`${name} does not fit ${file} any more: plant it anew`);
    texts.set(file, text);
  }
  return texts;
};

/** A copy of the source with the bug in it, or as it is without one; `await using` removes it. */
export const plant = async (bug: PlantedBug | undefined): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'orderchart-planted-'));
  const parts = [
    'machines',
    'examples',
    'src',
    'test',
    'docs',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ];
  await Promise.all(parts.map((part) => cp(join(root, part), join(path, part), { recursive: true })));
  await symlink(join(root, 'node_modules'), join(path, 'node_modules'));
  if (bug) for (const [file, text] of await patched(bug)) await writeFile(join(path, file), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};
