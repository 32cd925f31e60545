// docs/security.md names only tests that exist, for all ten of the OWASP API Security Top 10.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groups } from './catalogue.ts';

const root = join(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/security.md'), 'utf8');
const rows = [...page.matchAll(/^\| (API\d+) .*$/gm)].map(([row, risk]) => ({ risk, row }));
const named = [...page.matchAll(/`(test\/[\w./-]+\.ts)`: “([^”]+)”/g)].map(([, file = '', name = '']) => ({
  file,
  name,
}));

/** Whether `name` stands in the source as a whole string. */
const isIn = (source: string, name: string): boolean =>
  [`'${name}'`, `"${name}"`, `\`${name}\``, `'${name.replaceAll("'", "\\'")}'`].some((text) =>
    source.includes(text),
  );

test('all ten risks have a row with tests', () => {
  expect(rows.map(({ risk }) => risk)).toEqual(Array.from({ length: 10 }, (_, index) => `API${index + 1}`));
  for (const { risk, row } of rows) expect(row.match(/`test\/[^`]+`: “/g) ?? [], risk).not.toEqual([]);
});

test.each(named)('$file has the test “$name”', async ({ file, name }) => {
  expect(isIn(await readFile(join(root, file), 'utf8'), name)).toBe(true);
});

test('every hostile case that is named is one that runs', () => {
  const names = groups.flatMap(({ cases }) => cases.map((each) => each.name));
  const hostile = named.filter(({ file }) => file.startsWith('test/attack/'));
  expect(hostile.length).toBeGreaterThan(10);
  expect(hostile.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([]);
});

test('every file that is named exists', async () => {
  const files = [...page.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file);
  for (const file of new Set(files)) expect(await readFile(join(root, file), 'utf8')).not.toBe('');
});
