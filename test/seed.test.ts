import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { rows } from './seed.ts';

const ids = [
  ...Array.from({ length: 60 }, (_, index) => `S${index + 1}`),
  ...Array.from({ length: 40 }, (_, index) => `D${index + 1}`),
];

test('every promise and every defect of the original is mapped, and nothing else', () => {
  expect(Object.keys(rows)).toEqual(ids);
});

test.each(ids)('what became of %s is shown by a test that is there, or the reason is given', async (id) => {
  const shown = rows[id];
  if (shown === undefined) throw new Error(`${id} is not mapped`);
  if ('reason' in shown) {
    expect(shown.reason).not.toBe('');
    return;
  }
  const [file, title] = shown;
  const source = await readFile(resolve(import.meta.dirname, file), 'utf8');
  const quoted = [`'${title}'`, `"${title}"`, `\`${title}\``];
  expect(quoted.some((each) => source.includes(each))).toBe(true);
});

test('only rows about the page’s own code have a reason in place of a test', () => {
  const reasons = ids.filter((id) => rows[id] !== undefined && 'reason' in rows[id]);
  expect(reasons).toEqual(['D27', 'D33', 'D34']);
});
