// What the longer commands of the tests say of a number that is none.
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { launch } from '../e2e/server.ts';

test.each([
  ['campaign/campaign.main.ts', '--minutes', '0.5'],
  ['process/kills.main.ts', '--kills', 'many'],
  ['disk/power-cuts.main.ts', '--cuts', '-1'],
])('%s ends with one line for %s=%s, before it does anything', async (main, option, value) => {
  const command = [process.execPath, resolve(import.meta.dirname, '..', main), `${option}=${value}`];
  const program = launch(command, tmpdir(), {});
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.output().trim()).toBe(`Invalid ${option}=${value}: expected a whole number. See --help.`);
});
