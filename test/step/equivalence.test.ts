// What a chart does through the pure step is what it does under `createActor`: the same events, messages,
// states and contexts after every move, also when the system is stored and loaded between any two.
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Move, runLive, runStepped, type ToySystem } from './equivalence.ts';
import { toySystems } from './toy-charts.ts';

// XState warns of every message to an actor that has ended.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});

const compare = (toy: ToySystem, moves: readonly Move[], isLoaded: (moveNumber: number) => boolean) => {
  const live = runLive(toy);
  const stepped = runStepped(toy, isLoaded);
  moves.forEach((move, index) => {
    const where = `move ${index + 1}, ${JSON.stringify(move)}`;
    expect(stepped.perform(move), where).toEqual(live.perform(move));
  });
};

describe.each(toySystems)('$name', (toy) => {
  test('behaves as under createActor, kept in memory', () => {
    compare(toy, toy.story, () => false);
  });

  test('behaves as under createActor, stored and loaded before every message', () => {
    compare(toy, toy.story, () => true);
  });

  test('behaves as under createActor whatever happens, stored and loaded now and then', () => {
    const wait = fc
      .integer({ min: 1, max: 12 })
      .map((milliseconds) => ({ do: 'wait', milliseconds }) as const);
    const known = toy.story.filter((move) => move.do !== 'wait');
    const move = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...known) },
      { weight: 1, arbitrary: wait },
    );
    const moves = fc.array(fc.tuple(move, fc.boolean()), { maxLength: 25 });
    fc.assert(
      fc.property(moves, (chosen) => {
        const loads = chosen.map(([, isLoaded]) => isLoaded);
        compare(
          toy,
          chosen.map(([each]) => each),
          (number) => loads[number - 1] ?? false,
        );
      }),
      { numRuns: 60 },
    );
  });
});

test('the id of a deadline that fired is released, even if a newer deadline has it', () => {
  const toy = toySystems.find(({ name }) => name === 'delayed raises');
  const move = (type: string) => toy?.story.find((each) => each.do === 'send' && each.event.type === type);
  const [named, cancel] = [move('NAMED'), move('CANCEL_WHICH')];
  if (!toy || !named || !cancel) throw new Error('there is no toy with deadlines that have ids');
  const wait = (milliseconds: number): Move => ({ do: 'wait', milliseconds });
  const story = [named, wait(1), named, wait(2), cancel, wait(1), named, wait(1), named, wait(20)];
  for (const isLoaded of [true, false]) compare(toy, story, () => isLoaded);
});
