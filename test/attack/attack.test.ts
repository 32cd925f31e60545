// All hostile cases against real services: whatever is sent, they hold.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { groups } from './catalogue.ts';
import { runCase } from './hostile-case.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  expect(await target.close()).toEqual([0, 0]);
});

describe.each(groups)('$name', ({ cases }) => {
  test.each(cases)('$name', async (hostile) => {
    expect((await runCase(hostile, target)).problems).toEqual([]);
  });
});

test('each case has a name of its own', () => {
  const names = groups.flatMap(({ cases }) => cases.map(({ name }) => name));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
