// A disk that is full or returns I/O errors, at every operation of a short time in a shop.
import { expect, it, vi } from 'vitest';
import { refuseEverywhere } from './refusals.ts';

// Seconds on an idle machine, and a busy one must not fail.
vi.setConfig({ testTimeout: 240_000 });

it('a disk that is full at every third write refuses, loses nothing acknowledged, and works again without a restart', async () => {
  const { problems, operations, noticed } = await refuseEverywhere('full', { seed: 1, each: 3 });
  expect(problems).toEqual([]);
  expect(operations).toBeGreaterThan(30);
  expect(noticed).toBeGreaterThan(30);
});

it('after an I/O error at any operation nothing more is written until the file is opened again, and nothing acknowledged is lost', async () => {
  const { problems, operations, noticed } = await refuseEverywhere('one-error', { seed: 1 });
  expect(problems).toEqual([]);
  expect(operations).toBeGreaterThan(100);
  expect(noticed).toBeGreaterThan(50);
});

it('a disk that fails for good, from whichever operation on, loses nothing that was acknowledged', async () => {
  const { problems, operations } = await refuseEverywhere('errors', { seed: 2, each: 5 });
  expect(problems).toEqual([]);
  expect(operations).toBeGreaterThan(30);
});
