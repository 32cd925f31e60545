// The same comparison over charts that nobody chose. RANDOM_CHARTS=20000 makes a campaign of it.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { runLive, runStepped } from './equivalence.ts';
import { makeRandomSystem } from './random-charts.ts';

/** XState throws for some charts that it cannot run: then both runs end without a result. */
const attempt = <T>(act: () => T): T | undefined => {
  try {
    return act();
  } catch {
    return undefined;
  }
};

const runs = Number(process.env['RANDOM_CHARTS'] ?? 150);
const timeout = Math.max(120_000, runs * 100);

test(
  'random charts behave as under createActor, stored and loaded before every other move',
  () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    let moves = 0;
    const property = fc.property(fc.gen(), (generate) => {
      const toy = makeRandomSystem((bound) => generate(fc.nat, bound - 1));
      const live = attempt(() => runLive(toy));
      const stepped = attempt(() => runStepped(toy, (number) => number % 2 === 0));
      expect(stepped === undefined).toBe(live === undefined);
      for (const [index, move] of toy.story.entries()) {
        const ours = attempt(() => stepped?.perform(move));
        expect(ours, `move ${index + 1}, ${JSON.stringify(move)}`).toEqual(
          attempt(() => live?.perform(move)),
        );
        if (ours === undefined) return;
        moves += 1;
      }
    });
    fc.assert(property, { numRuns: runs, endOnFailure: true });
    expect(moves).toBeGreaterThan(runs * 8);
  },
  timeout,
);
