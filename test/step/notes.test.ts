// A chart's notes for people: its state, what is awaited, why a message is ignored.
import { describe, expect, test } from 'vitest';
import {
  activeLeaves,
  describe as describeState,
  toPaths,
  toStateName,
  whyIgnored,
  whyIgnoredIn,
} from '../../src/step/notes.ts';
import { orders } from './stories.ts';
import { registerToys } from './toy-bench.ts';
import { chart } from './toy-words.ts';

const noted = chart({
  id: 'my.toy',
  initial: 'waiting',
  description: 'the whole',
  meta: { ignores: { GO: 'the root says so', STOP: 'the root says stop' } },
  states: {
    waiting: { description: 'the bank', meta: { ignores: { GO: 'it has begun' } } },
    both: {
      type: 'parallel',
      description: 'two things',
      states: {
        left: {
          initial: 'a.b',
          states: { 'a.b': { description: 'the left', meta: { ignores: { LEFT: 'it is left' } } } },
        },
        right: { initial: 'c', meta: { ignores: { RIGHT: 'it is right' } }, states: { c: {} } },
        flat: {},
      },
    },
  },
});
const registered = registerToys({ toy: noted }).charts.get('toy');
if (registered === undefined) throw new Error('the toy is not registered');
const { machine, initial: waiting } = registered;
const both = machine.resolveState({ value: { both: { left: 'a.b', right: 'c', flat: {} } }, context: {} });

describe('the name of a state', () => {
  test.each([
    ['idle', ['idle']],
    [{ paying: 'charging' }, ['paying.charging']],
    [{ a: { b: { c: 'd' } } }, ['a.b.c.d']],
    [{ p: { x: 'y', z: {} } }, ['p.x.y', 'p.z']],
    [{ x: undefined }, ['x']],
    [{}, []],
  ])('%j is %j', (value, paths) => {
    expect(toPaths(value)).toEqual(paths);
  });

  test('joins parallel states', () => {
    expect(toStateName(both)).toBe('both.left.a.b + both.right.c + both.flat');
    expect(toStateName(waiting)).toBe('waiting');
  });
});

describe('what is awaited', () => {
  test('is the description of the state, or of the nearest state around it that has one', () => {
    expect(describeState(waiting)).toBe('the bank');
    expect(describeState(both)).toBe('the left; two things; two things');
  });

  test('is empty if no state has one', () => {
    const silent = registerToys({ toy: chart({ initial: 'a', states: { a: {} } }) }).charts.get('toy');
    expect(silent && describeState(silent.initial)).toBe('');
  });

  test('is said by every state of the shipped charts in which something is awaited or was reached', () => {
    for (const { machine: shipped, nodes } of orders.charts.values()) {
      for (const node of nodes.values()) {
        if (Object.keys(node.states).length > 0 || node.type === 'final') continue;
        const around = [node, node.parent, node.parent?.parent].map((each) => each?.description ?? '');
        expect(`${shipped.id} ${node.path.join('.')}: ${around.join('')}`).toMatch(/: ./);
      }
    }
  });
});

describe('the active leaves', () => {
  test('are found whatever the states are called', () => {
    expect(activeLeaves(both).map(({ key }) => key)).toEqual(['a.b', 'c', 'flat']);
  });

  test('are the root itself if it has no states', () => {
    const stateless = registerToys({
      toy: chart({ id: 'x', meta: { ignores: { GO: 'it goes nowhere' } } }),
    }).charts.get('toy');
    expect(stateless && activeLeaves(stateless.initial).map(({ id }) => id)).toEqual(['x']);
    expect(stateless && whyIgnored(stateless.initial, 'GO')).toBe('it goes nowhere');
  });
});

describe('why a message is ignored', () => {
  test('is said by the state, or by the nearest state around it that says something', () => {
    expect(whyIgnored(waiting, 'GO')).toBe('it has begun');
    expect(whyIgnored(waiting, 'STOP')).toBe('the root says stop');
    expect(whyIgnoredIn(machine.root, 'GO')).toBe('the root says so');
  });

  test('is said by whichever parallel state has a reason', () => {
    expect(whyIgnored(both, 'LEFT')).toBe('it is left');
    expect(whyIgnored(both, 'RIGHT')).toBe('it is right');
  });

  test('is a general one if no state has one', () => {
    expect(whyIgnored(waiting, 'WHAT')).toBe('nothing waits for WHAT in this state');
    expect(whyIgnoredIn(machine.root, 'WHAT')).toBeUndefined();
  });
});
