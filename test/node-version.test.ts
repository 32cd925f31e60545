// A Node that is too old gets one clear error, and it is the one that package.json names.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = resolve(import.meta.dirname, '../src/main.ts');

const startOn = async (version: string): Promise<string> => {
  const versions = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const preload = `data:text/javascript,${encodeURIComponent(versions)}`;
  const words = ['--import', preload, main, 'serve', '--help'];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return stdout;
};

test.each(['18.0.0', '22.20.0', '24.14.9'])(
  'Node %s is refused with the version that is needed',
  async (version) => {
    const { engines } = JSON.parse(await readFile(resolve(import.meta.dirname, '../package.json'), 'utf8'));
    const needed = String(engines.node).replace(/^>=|\.0$/g, '');
    const error = `Orderchart needs Node ${needed} or newer, and this is Node ${version}`;
    await expect(startOn(version)).rejects.toMatchObject({
      code: 1,
      stderr: `orderchart: ${error}. Install a newer Node.\n`,
    });
  },
);

test.each(['24.15.0', '25.0.0'])('Node %s is accepted', async (version) => {
  expect(await startOn(version)).toContain('Usage:');
});
