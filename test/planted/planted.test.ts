// That the tests find bugs: every planted bug still fits the source, and three of them, others each day, are
// found by the check that is expected to. `npm run planted` holds all of them against all checks.
import { describe, expect, it } from 'vitest';
import { patched, plant, readBugs } from './bugs.ts';
import { runCheck } from './checks.ts';

const bugs = await readBugs();
const today = Math.floor(Date.now() / 86_400_000);
const chosen = [0, 1, 2].flatMap((each) => bugs[(3 * today + each) % bugs.length] ?? []);

describe('the planted bugs', () => {
  it('are at least twenty, each with a name and a sentence of its own', () => {
    expect(bugs.length).toBeGreaterThanOrEqual(20);
    expect(new Set(bugs.map(({ description }) => description)).size).toBe(bugs.length);
  });

  it.each(bugs)('$name fits the source', async (bug) => {
    const texts = await patched(bug);
    expect(texts.size).toBeGreaterThan(0);
  });
});

describe.each(chosen)('$name: $description', (bug) => {
  it(`is found by the check '${bug.expectedBy}'`, { timeout: 240_000 }, async () => {
    await using copy = await plant(bug);
    expect(await runCheck(bug.expectedBy, copy.path)).toEqual(expect.any(String));
  });
});
