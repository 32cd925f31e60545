// Nothing that a step was given, or that is kept between two steps, can be changed in place: not by the next
// order, not by a message that fails.
import { describe, expect, test } from 'vitest';
import { assign } from 'xstate';
import { fromStored, newSystem, toStored } from '../../src/step/snapshot.ts';
import { step } from '../../src/step/step.ts';
import { createBench, registerToys } from './toy-bench.ts';
import { chart, tell } from './toy-words.ts';

const notExtensible = { disposition: 'dead', reason: expect.stringContaining('object is not extensible') };

/** PUSH changes the context in place, ADD makes a new one. */
const collecting = chart({
  context: { items: [], deep: { list: [{ n: 1 }] } },
  on: {
    ADD: { actions: assign({ items: ({ context, event }) => [...context['items'], event['item']] }) },
    PUSH: {
      actions: assign(({ context, event }) => {
        context['items'].push(event['item']);
        return { items: context['items'] };
      }),
    },
    DEEP: {
      actions: assign(({ context }) => {
        context['deep'].list.push({ n: 2 });
        return {};
      }),
    },
    SET: {
      actions: assign(({ context }) => {
        context['items'] = ['set'];
        throw new Error('after the change');
      }),
    },
  },
});
const fresh = { items: [], deep: { list: [{ n: 1 }] } };

describe('a context that a chart changes in place', () => {
  test.each(['PUSH', 'DEEP'])(
    'stays as it was, and so does the initial one of the next order: %s',
    (type) => {
      const system = registerToys({ toy: collecting });
      const send = (orderId: string) =>
        step(system, newSystem(system, 1, 'c'), {
          kind: 'message',
          orderId,
          at: 1,
          messageId: 'm1',
          to: 'toy',
          message: { type, item: orderId },
          causationId: null,
        });
      for (const orderId of ['one', 'other']) {
        const result = send(orderId);
        expect(result?.received).toMatchObject(notExtensible);
        expect(result?.state.actors.get('toy')?.snapshot.context).toEqual(fresh);
      }
    },
  );

  test.each(['PUSH', 'DEEP', 'SET'])(
    'stays as it was after other messages, kept in memory or loaded: %s',
    (type) => {
      const bench = createBench({ toy: collecting });
      bench.send('ADD', 'toy', { item: { name: 'lamp' } });
      const kept = { ...fresh, items: [{ name: 'lamp' }] };
      expect(bench.send(type, 'toy', { item: 'desk' }).received.disposition).toBe('dead');
      expect(bench.contextOf('toy')).toEqual(kept);

      const loaded = fromStored(bench.system, toStored(bench.state()));
      const result = step(bench.system, loaded, {
        kind: 'message',
        orderId: 'o',
        at: 1,
        messageId: 'm9',
        to: 'toy',
        message: { type, item: 'desk' },
        causationId: null,
      });
      expect(result?.received.disposition).toBe('dead');
      expect(result?.state.actors.get('toy')?.snapshot.context).toEqual(kept);
      expect(bench.send('ADD', 'toy', { item: 1 }).received.disposition).toBe('applied');
    },
  );

  test('is not the one of the chart that was registered', () => {
    const context = { items: ['lamp'] };
    const bench = createBench({ toy: chart({ context, on: { PUSH: { actions: assign({}) } } }) });
    context.items.push('desk');
    expect(bench.contextOf('toy')).toEqual({ items: ['lamp'] });
  });

  test('is not shared through something that the chart holds itself', () => {
    const shared: string[] = [];
    const toy = chart({
      context: { items: [] },
      on: {
        TAKE: { actions: assign({ items: () => shared }) },
        PUSH: {
          actions: assign(({ context }) => {
            context['items'].push('lamp');
            return {};
          }),
        },
      },
    });
    const bench = createBench({ toy });
    bench.send('TAKE');
    expect(bench.send('PUSH').received).toMatchObject(notExtensible);
    expect(shared).toEqual([]);
  });
});

test('what the caller gave is copied, and can be changed by the caller alone', () => {
  const item = { name: 'lamp' };
  const bench = createBench({ toy: collecting });
  bench.send('ADD', 'toy', { item });
  item.name = 'desk';
  expect(bench.contextOf('toy')).toEqual({ ...fresh, items: [{ name: 'lamp' }] });
});

test('a call that a service tries to change stays as it was decided', () => {
  const bench = createBench({
    toy: chart({ on: { GO: { actions: tell('world', 'ASK', { lines: [1] }) } } }),
  });
  const [call] = bench.send('GO').calls;
  expect(() => Object.assign(call?.command ?? {}, { lines: [] })).toThrow(TypeError);
  expect([...bench.state().calls.values()][0]?.command['lines']).toEqual([1]);
});
