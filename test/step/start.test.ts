// Problems that show only when charts start, at their registration: what their functions ask for, what they put
// into their context, and which actors they name.
import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, assign, createMachine, enqueueActions, raise, sendTo } from 'xstate';
import { AppError } from '../../src/errors.ts';
import { registerSystem } from '../../src/step/register.ts';
import { limits } from './equivalence.ts';
import { notPlainData } from './not-plain-data.ts';
import { chart, says, tell, tellLater } from './toy-words.ts';

const register = (toy: AnyStateMachine, services: readonly string[] = ['world']) =>
  registerSystem({ version: '1', charts: { toy }, services }, limits);

/** For the types alone. */
const optionalInput = (): { readonly x: number } | undefined => undefined;

const refusalOf = (act: () => unknown): AppError => {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};
const problemsOf = (toy: AnyStateMachine) => refusalOf(() => register(toy)).details['problems'];

describe('a chart that cannot start is refused', () => {
  const start = 'toy, in its initial state: ';
  const notPlain = `${start}the context and the output must be plain JSON data, because they are stored`;

  test.each(notPlainData)('with a context that JSON would change: %s', (_, value, problem) => {
    expect(problemsOf(createMachine({ context: { value } }))).toEqual([`${notPlain}: context.${problem}`]);
  });

  test.each([
    ['an event', says('e', { at: new Date(0) })],
    ['a message', tell('world', 'e', { at: new Date(0) })],
    ['a delayed message', tellLater('world', 'e', 5, { at: new Date(0) })],
  ])('because it starts with %s that JSON would change', (_, entry) => {
    expect(problemsOf(chart({ entry }))).toEqual([
      `${start}says e with something that is not plain JSON data: message.at is an instance of Date`,
    ]);
  });

  test('with an output that JSON would change', () => {
    const toy = createMachine({ initial: 'a', states: { a: { type: 'final' } }, output: () => new Date(0) });
    expect(problemsOf(toy)).toEqual([`${notPlain}: output is an instance of Date`]);
  });

  test('because an entry action changes the initial context in place', () => {
    const context: { readonly items: string[] } = { items: [] };
    const toy = createMachine({
      context,
      entry: assign(({ context: { items } }) => {
        items.push('lamp');
        return { items };
      }),
    });
    expect(problemsOf(toy)).toEqual([expect.stringContaining('object is not extensible')]);
    expect(context.items).toEqual([]);
  });

  test('because it spawns in its context', () => {
    const toy = createMachine({
      context: ({ spawn }) => {
        spawn(createMachine({}), { id: 'kid' });
        return {};
      },
    });
    expect(problemsOf(toy)).toEqual([
      `${start}spawns an actor: add it to the system as a chart of its own, and send to it`,
    ]);
  });

  test('because it enqueues a function, or a spawn, on entry', () => {
    const toy = createMachine({
      entry: enqueueActions(({ enqueue }) => {
        enqueue(() => undefined);
        enqueue.spawnChild(createMachine({}));
      }),
    });
    expect(problemsOf(toy)).toEqual([
      `${start}runs a custom action ('(anonymous)'): emit a domain event or send a command to a service instead`,
      `${start}spawns an actor: add it to the system as a chart of its own, and send to it`,
    ]);
  });

  test('because it names an actor that its system does not have', () => {
    expect(problemsOf(chart({ entry: tell('bank', 'PAY') }))).toEqual([
      `${start}Error: toy names 'bank', which is no actor or service of this system`,
    ]);
  });

  test('because it reads or calls another actor instead of sending it a message', () => {
    const reading = createMachine({
      context: { x: 0 },
      entry: assign({ x: ({ system }) => system.get('world').getSnapshot().context }),
    });
    const calling = createMachine({
      context: { x: 0 },
      entry: assign(({ self }) => {
        self.send({ type: 'X' });
        return {};
      }),
    });
    const problem = 'can be sent to by an action, and neither read nor called by a chart';
    expect(problemsOf(reading)).toEqual([`${start}Error: 'world' ${problem}`]);
    expect(problemsOf(calling)).toEqual([`${start}Error: 'toy' ${problem}`]);
  });

  test.each([
    ['an event that its entry raises', [raise({ type: 'GO' })], {}],
    ['an always transition', [], { always: '#back' }],
  ])('because a history state is entered from inside its parallel state: by %s', (_, entry, left) => {
    const region = { initial: 'x', states: { x: { on: { GO: '#back' } }, y: {} } };
    const toy = chart({
      entry,
      initial: 'both',
      states: {
        both: {
          type: 'parallel',
          states: { left: { ...region, ...left }, right: region, back: { id: 'back', type: 'history' } },
        },
      },
    });
    expect(problemsOf(toy)).toEqual([
      `${start}only a part of it is active, so it could not be loaded: enter a history state from outside its parallel state only`,
    ]);
  });

  test('because it reads an input, which actors of a system do not get', () => {
    const problem =
      'reads `input`, which the actors of a system do not get: put it into the first message, and keep it with assign';
    const types = { input: { items: ['lamp'] } };
    const destructuring = createMachine({ types, context: ({ input: { items } }) => ({ items }) });
    const deep = createMachine({ types, context: ({ input }) => ({ total: input.items.length }) });
    expect(problemsOf(destructuring)).toEqual([`${start}${problem}`]);
    expect(problemsOf(deep)).toEqual([`${start}${problem}`]);
  });

  test('because of an error of its own, even if it reads an input', () => {
    const broken = createMachine({
      types: { input: optionalInput() },
      context: ({ input }) => {
        throw new Error(`no ${input?.x}`);
      },
    });
    expect(problemsOf(broken)).toEqual([`${start}Error: no undefined`]);
  });

  test('because its always transitions never end', () => {
    const toy = chart({ initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } });
    expect(problemsOf(toy)).toEqual([expect.stringContaining('more than 1000 microsteps')]);
  });

  test('and the tighter of its own limit and ours holds', () => {
    const options: { maxIterations?: number } = {};
    Object.assign(options, { maxIterations: undefined });
    const toy = createMachine({ options });
    const bounds = [toy, createMachine({ options: { maxIterations: 5 } })].map(
      (each) => register(each).charts.get('toy')?.machine.options.maxIterations,
    );
    expect(bounds).toEqual([1000, 5]);
  });
});

test('a chart that can do without an input is registered', () => {
  const toy = createMachine({
    types: { input: optionalInput() },
    context: ({ input }) => ({ x: input?.x ?? 1 }),
  });
  expect(register(toy).charts.get('toy')?.initial.context).toEqual({ x: 1 });
});

describe('the actors that a chart can name', () => {
  test('are all of its system, and the services', () => {
    const toy = createMachine({
      context: { names: '' },
      entry: [
        assign({ names: ({ system }) => Object.keys(system.getAll()).join(' ') }),
        sendTo(({ system }) => system.getAll()['world'], { type: 'X' }),
      ],
    });
    const registered = register(toy).charts.get('toy');
    expect(registered?.initial.context).toEqual({ names: 'toy world' });
    expect(registered?.initialEffects.map(({ type }) => type)).toEqual(['xstate.sendTo']);
  });
});
