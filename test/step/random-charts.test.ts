// The same comparison over charts that nobody chose. RANDOM_CHARTS=20000 makes a campaign of it.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { toStored } from '../../src/step/snapshot.ts';
import { runLive, runStepped, type ToySystem } from './equivalence.ts';
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

/** Everything that the moves lead to, up to the first that fails, and how many those are. */
const runAll = (toy: ToySystem, plannedConfigurations: number | undefined) => {
  const stepped = attempt(() => runStepped(toy, (number) => number % 2 === 0, plannedConfigurations));
  const done = toy.story.findIndex((move) => attempt(() => stepped?.perform(move)) === undefined);
  const results = stepped?.results.map(({ state, ...rest }) => ({ ...rest, stored: toStored(state) }));
  return { results, done };
};

/** Choices from a list, and then the first of each: a shorter list makes a smaller chart. */
const chooseFrom = (choices: readonly number[]) => {
  let place = 0;
  return (bound: number) => {
    place += 1;
    return (choices[place - 1] ?? 0) % bound;
  };
};

test(
  'random charts do the same with planned transitions and without',
  () => {
    const someChoices = fc.array(fc.nat(720_719), { minLength: 200, maxLength: 1500, size: 'max' });
    let moves = 0;
    const property = fc.property(someChoices, (choices) => {
      const planned = runAll(makeRandomSystem(chooseFrom(choices)), undefined);
      const toy = makeRandomSystem(chooseFrom(choices));
      const whole = runAll(toy, 0);
      moves += whole.results?.length ?? 0;
      if (isDeepStrictEqual(planned, whole)) return;
      const charts = Object.values(toy.charts).map(({ config }) => config);
      expect({ charts, story: toy.story, ...planned }).toEqual({ charts, story: toy.story, ...whole });
    });
    fc.assert(property, { numRuns: runs });
    expect(moves).toBeGreaterThan(runs * 8);
  },
  timeout,
);
