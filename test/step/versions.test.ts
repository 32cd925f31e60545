// Versions of charts side by side: a new system starts on the newest, a stored one goes on with its own.
import { expect, test } from 'vitest';
import { limits } from '../../src/config.ts';
import { registerSystem } from '../../src/step/register.ts';
import { fromStored, newSystem, toStored } from '../../src/step/snapshot.ts';
import { quarantine, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { chart, says } from './toy-words.ts';

/** Version 1 goes one way and version 2 another. */
const toVersion = (word: string) => ({
  charts: {
    toy: chart({ initial: 'off', states: { off: { on: { GO: 'on' } }, on: { entry: says(word) } } }),
  },
});
const registered = registerSystem(
  { version: '2', ...toVersion('new'), services: [], otherVersions: { 1: toVersion('old') } },
  limits,
);
const go = (state: SystemState) => {
  const message = {
    orderId: 'o',
    at: 2,
    messageId: 'm1',
    to: 'toy',
    message: { type: 'GO' },
    causationId: null,
  };
  return { kind: 'message', ...message, messageId: `m${state.version + 1}` } as const;
};
const start = (version?: string) => newSystem(registered, 1, 'c', version);

test('a new system starts on the newest version', () => {
  expect(start().charts).toBe('2');
  expect(step(registered, start(), go(start()))?.events).toMatchObject([{ type: 'new' }]);
});

test('a system on an older version goes on with its charts, after it was stored and loaded too', () => {
  const loaded = fromStored(registered, toStored(start('1')));
  expect(loaded.charts).toBe('1');
  const result = step(registered, loaded, go(loaded));
  expect(result).toMatchObject({ events: [{ type: 'old' }], state: { charts: '1' } });
});

test('a message is quarantined under the charts of its system', () => {
  const result = quarantine(registered, start('1'), go(start('1')), new Error('no'));
  expect(result).toMatchObject({ state: { charts: '1' }, received: { disposition: 'dead' } });
});

test('a version that is not registered can neither be started nor loaded', () => {
  expect(() => start('3')).toThrow('there are no charts of version 3; there are 1, 2');
  const text = toStored({ ...start(), charts: '3' });
  expect(() => fromStored(registered, text)).toThrow('written by chart version 3; known are 1, 2');
});

test('charts of an older version that cannot be run are refused with the others', () => {
  const spawning = { charts: { toy: chart({ invoke: { src: 'work' } }) } };
  const system = { version: '2', ...toVersion('new'), services: [], otherVersions: { 1: spawning } };
  expect(() => registerSystem(system, limits)).toThrow('These charts cannot be run durably');
});
