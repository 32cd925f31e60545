// A disk that is full or returns I/O errors, at every operation of a short workload.
import { expect, it, vi } from 'vitest';
import { failEverywhere } from './disk-failures.ts';

// Seconds on an idle machine, minutes on a busy one.
vi.setConfig({ testTimeout: 240_000 });

it('a disk that is full at every third write refuses, loses nothing acknowledged, and works again without a restart', async () => {
  const { problems, operations, noticed } = await failEverywhere('full', { seed: 1, each: 3 });
  expect(problems).toEqual([]);
  expect(operations).toBeGreaterThan(30);
  expect(noticed).toBeGreaterThan(30);
});

it('after an I/O error at any operation nothing more is written until the file is opened again, and nothing acknowledged is lost', async () => {
  const { problems, operations, noticed } = await failEverywhere('one-error', { seed: 1 });
  expect(problems).toEqual([]);
  expect(operations).toBeGreaterThan(100);
  expect(noticed).toBeGreaterThan(50);
});

it('a disk that fails for good, from whichever operation on, loses nothing that was acknowledged', async () => {
  const { problems, operations } = await failEverywhere('errors', { seed: 2, each: 5 });
  expect(problems).toEqual([]);
  expect(operations).toBeGreaterThan(30);
});
