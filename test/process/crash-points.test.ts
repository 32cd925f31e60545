import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launch, makeFolder } from '../e2e/server.ts';
import { crashPoints, createCrash, readCrashAt } from './crash-points.ts';

test('a point counts its passings, those about another command not', () => {
  let deaths = 0;
  const at = readCrashAt('call.before:gateway.charge:2');
  const faults = createCrash(at, () => {
    deaths += 1;
  });
  faults.reach('call.before', 'gateway.charge');
  faults.reach('call.before', 'mailer.send');
  faults.reach('call.after-reply', 'gateway.charge');
  expect(deaths).toBe(0);
  faults.reach('call.before', 'gateway.charge');
  faults.reach('call.before', 'gateway.charge');
  expect(deaths).toBe(1);
});

test.each([
  'claim.before',
  'claim:1',
  'claim.before:0',
  'claim.beside:1',
  'toString.x:1',
  '',
  'call.before:warehouse.check:1',
  'accept.received:gateway.charge:1',
])('CRASH_AT=%s is refused with a list of all points', (text) => {
  expect(crashPoints.length).toBeGreaterThanOrEqual(30);
  expect(() => readCrashAt(text)).toThrow(`CRASH_AT=${text} is not usable: it must be name:count`);
  expect(() => readCrashAt(text)).toThrow(crashPoints.join(', '));
});

test('a wrong CRASH_AT ends the start with one clear line', async () => {
  const folder = await makeFolder();
  const words = [process.execPath, join(import.meta.dirname, 'service.main.ts'), 'serve'];
  const program = launch(words, folder.path, { CRASH_AT: 'nowhere:1' });
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.output()).toMatch(/^orderchart: CRASH_AT=nowhere:1 is not usable: .*drain\.after.*\n$/);
  await folder.remove();
});

test('the product knows nothing of it', async () => {
  const root = join(import.meta.dirname, '../..');
  const files: string[] = [];
  for await (const file of glob('{src,machines}/**/*.ts', { cwd: root })) files.push(file);
  expect(files.length).toBeGreaterThan(50);
  for (const file of files) expect(await readFile(join(root, file), 'utf8')).not.toContain('CRASH_AT');
});
