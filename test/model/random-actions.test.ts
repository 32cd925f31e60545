// Any sequence of actions is the same on a server and in the model.
import { expect, test } from 'vitest';
import { compareSequences } from './compare-sequences.ts';
import { openServer } from './server-process.ts';

/** The same sequences every time; the environment sets another seed or more of them. */
const seed = Number(process.env['MODEL_SEED'] ?? 1);
const numRuns = Number(process.env['MODEL_RUNS'] ?? 40);

test('any sequence of actions is the same on a server and in the model', {
  timeout: 60_000 + 2000 * numRuns,
}, async () => {
  const seen = await compareSequences((settings) => openServer(settings), { seed, numRuns });
  expect([...seen].sort()).toEqual(['answer', 'crash', 'fact', 'move', 'place', 'wait']);
});
