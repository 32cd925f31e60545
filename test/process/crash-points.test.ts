import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launch, makeFolder } from '../e2e/server.ts';
import { crashPoints, createCrash, readCrashAt } from './crash-points.ts';

test('a point is counted each time it is reached, but not for another command', () => {
  let kills = 0;
  const at = readCrashAt('call.before:gateway.charge:2');
  const faults = createCrash(at, () => {
    kills += 1;
  });
  faults.reach('call.before', 'gateway.charge');
  faults.reach('call.before', 'mailer.send');
  faults.reach('call.after-reply', 'gateway.charge');
  expect(kills).toBe(0);
  faults.reach('call.before', 'gateway.charge');
  faults.reach('call.before', 'gateway.charge');
  expect(kills).toBe(1);
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
  expect(() => readCrashAt(text)).toThrow(`Invalid CRASH_AT=${text}: expected name:count`);
  expect(() => readCrashAt(text)).toThrow(crashPoints.join(', '));
});

test('an invalid CRASH_AT ends the start with one clear line', async () => {
  const folder = await makeFolder();
  const command = [process.execPath, join(import.meta.dirname, 'service.main.ts'), 'serve'];
  const program = launch(command, folder.path, { CRASH_AT: 'nowhere:1' });
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.output()).toMatch(/^orderchart: Invalid CRASH_AT=nowhere:1: .*drain\.after.*\n$/);
  await folder.remove();
});

test('the product does not know CRASH_AT', async () => {
  const root = join(import.meta.dirname, '../..');
  const files: string[] = [];
  for await (const file of glob('{src,machines}/**/*.ts', { cwd: root })) files.push(file);
  expect(files.length).toBeGreaterThan(50);
  for (const file of files) expect(await readFile(join(root, file), 'utf8')).not.toContain('CRASH_AT');
});
