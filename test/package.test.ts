// What `npm run build` puts into the package beside what the compiler makes.
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');
const manifest = z.object({ scripts: z.object({ build: z.string() }) });

test('the migrations of every kind of store are in the package', async () => {
  const { scripts } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const folders = new Set<string>();
  for await (const file of glob('**/*.sql', { cwd: join(root, 'src') })) folders.add(dirname(file));
  expect(folders.size).toBeGreaterThanOrEqual(4);
  expect([...folders].filter((folder) => !scripts.build.includes(`'${folder}'`))).toEqual([]);
});
