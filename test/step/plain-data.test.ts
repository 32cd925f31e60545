// What is plain JSON data, and what becomes of it: a frozen copy that is the same after it was stored and read.

import { describe, expect, test } from 'vitest';
import { assign } from 'xstate';
import { copyPlain } from '../../src/step/plain-data.ts';
import { fromStored, toStored } from '../../src/step/snapshot.ts';
import { notPlainData } from './not-plain-data.ts';
import { createBench } from './toy-bench.ts';
import { chart, says, tell } from './toy-words.ts';

describe('plain data', () => {
  test.each([
    [null],
    [undefined],
    ['x'],
    [0],
    [-1.5],
    [true],
    [[]],
    [[1, [null]]],
    [{}],
    [Object.create(null)],
    [{ list: [{ constructor: 'x', toString: 'y', ['']: 1 }] }],
  ])('is %j, and stays the same', (value) => {
    const plain = copyPlain({ value }, 'it')['value'];
    expect(plain).toEqual(value);
    if (value !== undefined) expect(JSON.parse(JSON.stringify(plain))).toEqual(value);
  });

  test('loses its undefined properties, as in JSON, also where it is frozen', () => {
    const plain = copyPlain(Object.freeze({ a: undefined, b: { c: undefined, d: 1 } }), 'it');
    expect(JSON.stringify(plain)).toBe('{"b":{"d":1}}');
    expect(plain).toStrictEqual({ b: { d: 1 } });
  });

  test('is copied and frozen at all levels, and what was given is not', () => {
    const given = { list: [{ n: 1 }] };
    const plain = copyPlain(given, 'it');
    expect(() => Object.assign({ ...plain.list }[0] ?? {}, { n: 2 })).toThrow(TypeError);
    expect(() => plain.list.push({ n: 2 })).toThrow(TypeError);
    given.list.push({ n: 2 });
    expect(plain).toEqual({ list: [{ n: 1 }] });
  });

  test('may hold one object in two places', () => {
    const one = { n: 1 };
    expect(copyPlain({ list: [one, { one }] }, 'it')).toEqual({ list: [{ n: 1 }, { one: { n: 1 } }] });
  });

  test('reads a property that is computed once, and keeps the result', () => {
    let reads = 0;
    const given = {
      get total() {
        reads += 1;
        return reads;
      },
    };
    const plain = copyPlain(given, 'it');
    expect([plain, plain, reads]).toEqual([{ total: 1 }, { total: 1 }, 1]);
  });
});

describe.each(notPlainData)('%s quarantines the message', (_, value, problem) => {
  const failed = (text: string) => ({ disposition: 'dead', reason: `Error: ${text}` });
  const keep = chart({
    context: { kept: null, n: 0 },
    on: {
      KEEP: { actions: assign({ kept: () => value }) },
      EMIT: { actions: says('said', { value }) },
      ASK: { actions: tell('world', 'CALL', { value }) },
      TELL: { actions: tell('other', 'HEAR', { value }) },
      TAKE: { actions: assign(({ event: { type: __, ...data } }) => data) },
      COUNT: { actions: assign({ n: ({ context }) => context['n'] + 1 }) },
    },
  });
  const createKeeper = () => createBench({ toy: keep, other: chart({ on: { HEAR: {} } }) });

  test('that puts it into a context', () => {
    const bench = createKeeper();
    expect(bench.send('KEEP').received).toMatchObject(
      failed(
        `toy put something into its context or output that is not plain JSON data: context.${problem.replace(/^value/, 'kept')}`,
      ),
    );
    expect(bench.contextOf('toy')).toEqual({ kept: null, n: 0 });
  });

  test.each([
    ['EMIT', 'said'],
    ['ASK', 'CALL'],
    ['TELL', 'HEAR'],
  ])('that sends it: %s', (type, said) => {
    const { received, calls } = createKeeper().send(type);
    expect(received).toMatchObject(
      failed(`toy says ${said} with something that is not plain JSON data: message.${problem}`),
    );
    expect(calls).toEqual([]);
  });

  test('that carries it, which is recorded without it and refused again by retry and replay', () => {
    const bench = createKeeper();
    const { received } = bench.send('TAKE', 'toy', { value });
    expect(received).toMatchObject(failed(`TAKE is not plain JSON data: message.${problem}`));
    expect(received.data).toEqual({ notPlainData: `message.${problem}` });
    const text = toStored(bench.state());
    expect(fromStored(bench.system, text).quarantined).toEqual(bench.state().quarantined);

    const replayed = createKeeper();
    replayed.send('TAKE', 'toy', JSON.parse(JSON.stringify(received.data)));
    expect(toStored(replayed.state())).toBe(text);

    expect(bench.send('incident.retry').received).toMatchObject({ disposition: 'ignored' });
    expect(bench.send('COUNT').received.disposition).toBe('applied');
    expect(bench.contextOf('toy')).toEqual({ kept: null, n: 1 });
  });
});

describe('a message is recorded as it arrived', () => {
  test('without the properties that are undefined', () => {
    const bench = createBench({ toy: chart({ on: { '*': { actions: assign(({ event }) => event) } } }) });
    const { received } = bench.send('NOTE', 'toy', { a: undefined, b: { c: undefined } });
    expect(received.data).toStrictEqual({ b: {} });
    expect(bench.contextOf('toy')).toStrictEqual({ type: 'NOTE', b: {} });
  });

  test('also when a property cannot be read', () => {
    const unreadable = {
      get value() {
        throw new Error('it is gone');
      },
    };
    const bench = createBench({ toy: chart({ on: { '*': { actions: says('heard') } } }) });
    expect(bench.send('NOTE', 'toy', { unreadable }).received).toMatchObject({
      disposition: 'dead',
      data: { notPlainData: 'Error: it is gone' },
    });
  });

  test('also when a chart tries to change it', () => {
    const toy = chart({
      on: { ADD: { guard: ({ event }) => event['list'].push(2) > 0, actions: says('added') } },
    });
    const list = [1];
    const { received } = createBench({ toy }).send('ADD', 'toy', { list });
    expect(received).toMatchObject({ disposition: 'dead', data: { list: [1] } });
    expect(list).toEqual([1]);
  });
});
