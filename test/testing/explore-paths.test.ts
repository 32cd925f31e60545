// What the walk finds in charts with known gaps and mistakes: it must name each of them, and nothing else.

import { describe, expect, it, test } from 'vitest';
import { and, assign, not, setup, stateIn } from 'xstate';
import { parcels } from '../../examples/parcels/parcels.ts';
import { explorePaths } from '../../src/testing.ts';
import { chart, tell } from '../step/toy-words.ts';
import { first, toyApplication } from './toy-application.ts';

const settled = { tags: 'settled' } as const;
const askWorld = tell('world', 'world.do', { key: 'toy-1/do/1', attempt: 1 });

describe('coverage', () => {
  it('counts states, transitions, deadlines and both results of each guard', () => {
    const toy = chart({
      initial: 'new',
      states: {
        new: { on: { 'toy.start': 'asking' } },
        asking: { entry: askWorld, on: { 'world.done': 'done', 'world.failed': 'waiting' } },
        waiting: {
          on: { 'toy.choose': { guard: ({ event }) => event['side'] === 'left', target: 'done' } },
          after: { 1000: 'done' },
        },
        done: settled,
      },
    });
    const explored = explorePaths(toyApplication(toy), { first });
    expect(explored.coverage).toMatchObject({
      states: { covered: 4, all: 4, missing: [] },
      transitions: { covered: 5, all: 5, missing: [] },
      deadlines: { covered: 1, all: 1, missing: [] },
      guards: { covered: 2, all: 2, missing: [] },
    });
    expect(explored).toMatchObject({ isComplete: true, isWhole: true, problems: [] });
  });

  it('names what no order reaches, which can be excused by its name', () => {
    const toy = chart({
      initial: 'new',
      states: {
        new: { on: { 'toy.start': 'done', 'world.done': 'forgotten' } },
        forgotten: { after: { 5: 'done' } },
        done: settled,
      },
    });
    const missing = [
      'toy: forgotten',
      'toy: new, world.done → forgotten',
      'toy: forgotten, after 5 → done',
      'toy: forgotten, deadline 5',
    ];
    const explored = explorePaths(toyApplication(toy), { first });
    expect(explored.isComplete).toBe(false);
    expect(explored.coverage.missing).toEqual(missing);
    expect(explored.coverage.deadlines).toEqual({
      covered: 0,
      all: 1,
      missing: ['toy: forgotten, deadline 5'],
    });
    for (const name of missing) expect(explored.describe()).toContain(name);
    const excused = explorePaths(toyApplication(toy), { first, unreachable: missing });
    expect(excused).toMatchObject({ isComplete: true, coverage: { missing: [] } });
  });

  it('reports what is excused and is reached, or does not exist', () => {
    const toy = chart({ initial: 'new', states: { new: { on: { 'toy.start': 'done' } }, done: settled } });
    const unreachable = ['toy: done', 'toy: gone'];
    const explored = explorePaths(toyApplication(toy), { first, unreachable });
    expect(explored.coverage.wronglyUnreachable).toEqual(unreachable);
    expect(explored.isComplete).toBe(false);
    expect(explored.describe()).toContain('toy: gone');
  });

  it('names the result that a guard never had', () => {
    const toy = chart({
      context: { count: 0 },
      initial: 'new',
      states: {
        new: { on: { 'toy.start': 'counting' } },
        counting: {
          ...settled,
          on: { 'toy.count': { guard: ({ event }) => event['by'] > 5, target: 'done' } },
        },
        done: settled,
      },
    });
    const item = 'toy: counting, toy.count if guard → done';
    const explore = (...by: readonly number[]) =>
      explorePaths(toyApplication(toy), {
        first,
        messages: { 'toy.count': by.map((each) => ({ by: each })) },
      });
    expect(explore(3).coverage.guards.missing).toEqual([`${item}: guard says yes`]);
    expect(explore(6).coverage.guards.missing).toEqual([`${item}: guard says no`]);
    expect(explore(3, 6).isComplete).toBe(true);
  });

  it('counts the parts of combined guards, guards with parameters and of a state, each of its own', () => {
    const machine = setup({
      types: { events: {} as { type: 'toy.start' } | { type: 'toy.choose'; side: string } },
      guards: {
        isSide: ({ event }, { side }: { side: string }) => event.type === 'toy.choose' && event.side === side,
        isLeft: ({ event }) => event.type === 'toy.choose' && event.side === 'left',
        isNotLeft: not('isLeft'),
      },
    }).createMachine({
      initial: 'new',
      states: {
        new: { on: { 'toy.start': 'choosing' } },
        choosing: {
          ...settled,
          on: {
            'toy.choose': [
              { guard: and(['isLeft', { type: 'isSide', params: { side: 'right' } }]), target: 'never' },
              { guard: and(['isNotLeft', stateIn('choosing')]), target: 'right' },
              { guard: { type: 'isSide', params: ({ event }) => ({ side: event.side }) }, target: 'left' },
            ],
          },
        },
        left: settled,
        right: settled,
        never: settled,
      },
    });
    const { coverage } = explorePaths(toyApplication(machine), { first });
    expect(coverage.states.missing).toEqual(['toy: never']);
    expect(coverage.guards.missing.map((name) => name.replace(/.* (?=\S+ says)/, ''))).toEqual([
      'isSide(right) says yes',
      'stateIn says no',
      'isSide() says no',
    ]);
  });

  it('tells two transitions apart that read the same', () => {
    const toy = chart({
      initial: 'new',
      states: {
        new: { on: { 'toy.start': 'choosing' } },
        choosing: {
          ...settled,
          on: {
            'toy.choose': [
              { guard: ({ event }) => event['side'] === 'up', target: 'done' },
              { guard: ({ event }) => event['side'] === 'left', target: 'done' },
            ],
          },
        },
        done: settled,
      },
    });
    expect(explorePaths(toyApplication(toy), { first }).coverage.transitions.missing).toEqual([
      'toy: choosing, toy.choose if guard → done',
    ]);
  });
});

describe('problems', () => {
  it('are messages that make a chart throw, with the state and the reason', () => {
    const toy = chart({
      context: { count: 0 },
      initial: 'new',
      states: {
        new: { on: { 'toy.start': 'done' } },
        done: {
          ...settled,
          on: {
            'toy.choose': {
              actions: assign(({ event }) => {
                if (event['side'] === 'right') throw new Error('no right turn');
                return {};
              }),
            },
          },
        },
      },
    });
    const { problems, isComplete } = explorePaths(toyApplication(toy), { first });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^toy done: toy\.choose to toy is quarantined, because .*no right turn/);
    expect(isComplete).toBe(false);
  });

  it('are moments that are not settled and that nothing will ever wake', () => {
    const toy = chart({ initial: 'new', states: { new: { on: { 'toy.start': 'lost' } }, lost: {} } });
    const explored = explorePaths(toyApplication(toy), { first });
    expect(explored.problems).toEqual([
      'toy lost: not settled, and nothing will ever wake it: add a deadline, or the tag settled or incident',
    ]);
    expect(explored.coverage.missing).toEqual([]);
    expect(explored.isComplete).toBe(false);
  });
});

test('the paths cover together everything that is covered, and say what happens on them', () => {
  const message = { type: 'parcel.send', parcelId: 'parcel-1', sender: 'ada', city: 'Oslo' };
  const contextKey = (context: object, actor: string) => (actor === 'tally' ? null : context);
  const explored = explorePaths(parcels, { first: { orderId: 'parcel-1', message }, contextKey });
  expect(explored.isComplete, explored.describe()).toBe(true);
  const told = explored.paths.map((path) => path.describe());
  expect(told.join('\n')).toContain('the answer courier.busy → parcel needsAttention | tally counting');
  expect(told.join('\n')).toContain('the deadline 1000 passes → parcel collecting | tally counting');
  for (const { happenings, states } of explored.paths) {
    expect(happenings[0]).toMatchObject({ type: 'place', orderId: 'parcel-1' });
    expect(states).toHaveLength(happenings.length);
  }
});

describe('a chart that counts without end', () => {
  const toy = chart({
    context: { count: 0 },
    initial: 'new',
    states: {
      new: { on: { 'toy.start': 'counting' } },
      counting: {
        ...settled,
        on: { 'toy.count': { actions: assign({ count: ({ context }) => context['count'] + 1 }) } },
      },
    },
  });

  it('is left at the given number of moments, and the report says what to do', () => {
    const explored = explorePaths(toyApplication(toy), { first, mostMoments: 50 });
    expect(explored).toMatchObject({ isWhole: false, isComplete: false, coverage: { missing: [] } });
    expect(explored.describe()).toContain('raise mostMoments (50), or name in contextKey what guards read');
  });

  it('is whole when its count tells no moments apart', () => {
    const explored = explorePaths(toyApplication(toy), { first, contextKey: () => null });
    expect(explored).toMatchObject({ isWhole: true, isComplete: true, moments: 2 });
  });
});

describe('a wrong request is refused with what to do', () => {
  const toy = chart({
    initial: 'new',
    states: {
      new: { on: { 'toy.start': 'asking' } },
      asking: { entry: askWorld, on: { 'world.done': 'done' } },
      done: settled,
    },
  });
  it.each([
    [
      'a first message that is not declared',
      { first: { orderId: 'a', message: { type: 'toy.stop' } } },
      /toy\.stop cannot be sent: it is not declared.*'first'/,
    ],
    [
      'an answer with another payload',
      { first, answers: { 'world.do': () => [{ type: 'world.done', more: 1 }] } },
      /world\.done cannot be sent: .*more.*'answers'/,
    ],
    ['no moments', { first, mostMoments: 0 }, /mostMoments is 0: give a whole number from 1/],
  ])('%s', (_, given, message) => {
    expect(() => explorePaths(toyApplication(toy), given)).toThrow(
      expect.objectContaining({ code: 'invalid-request', message: expect.stringMatching(message) }),
    );
  });

  it('a guard that the chart does not have', () => {
    const wrong = chart({
      initial: 'new',
      states: { new: { on: { 'toy.start': { guard: 'isMissing', target: 'done' } } }, done: settled },
    });
    expect(() => explorePaths(toyApplication(wrong), { first })).toThrow(
      /guard 'isMissing', which has no implementation/,
    );
  });
});
