import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const read = async (name: string) => readFile(resolve(import.meta.dirname, '..', name), 'utf8');
const manifest = JSON.parse(await read('package.json'));

test('every script runs on the pinned Node, whatever the machine has', () => {
  expect(process.versions.node).toBe(manifest.devDependencies.node);
});

test('the service needs nothing that only development has', async () => {
  const needed = Object.keys(manifest.dependencies);
  expect(needed.filter((name) => name in manifest.devDependencies)).toEqual([]);
});

test('every dependency is pinned exactly', () => {
  const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(
    versions.filter((version) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version))),
  ).toEqual([]);
});

test('the lockfile names no registry', async () => {
  expect(await read('package-lock.json')).not.toContain('"resolved"');
});

test('CI runs exactly the second command of the README', async () => {
  expect(await read('.ci/run')).toContain('\nnpm ci && npm test\n');
  expect(await read('README.md')).toContain('\n    npm ci && npm test\n');
});

test('the source map of ARCHITECTURE.md names what is there', async () => {
  const architecture = await read('ARCHITECTURE.md');
  const folders = ['machines', 'src', 'test'];
  const named = await Promise.all(
    folders.map((folder) => readdir(resolve(import.meta.dirname, '..', folder), { withFileTypes: true })),
  );
  const inside = named[1]?.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}/`) ?? [];
  expect(inside.filter((name) => !architecture.includes(name))).toEqual([]);
});

test('the package holds every file that the README links to', async () => {
  const links = [...(await read('README.md')).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(
    ([, link = '']) => link,
  );
  expect(links.length).toBeGreaterThan(5);
  const packed = new Set<string>([...manifest.files, 'README.md', 'LICENSE']);
  expect(links.filter((link) => !packed.has(link) && !packed.has(link.split('/')[0] ?? ''))).toEqual([]);
});

test('each export of the package, and its types, are built from a file of the source', async () => {
  const built = Object.values<Record<string, string>>(manifest.exports).flatMap((each) =>
    Object.values(each),
  );
  expect(built).toEqual([
    ...['./dist/src/main.d.ts', './dist/src/main.js'],
    ...['./dist/src/client.d.ts', './dist/src/client.js'],
    ...['./dist/src/shop/parts.d.ts', './dist/src/shop/parts.js'],
    ...['./dist/src/testing.d.ts', './dist/src/testing.js'],
  ]);
  const sources = built.map((path) => path.replace('./dist/', '').replace(/(\.d\.ts|\.js)$/, '.ts'));
  for (const source of sources) expect(await read(source)).toContain('export');
  const { include } = JSON.parse(await read('tsconfig.build.json'));
  expect(sources.filter((source) => !include.includes(source.split('/')[0]))).toEqual([]);
});
