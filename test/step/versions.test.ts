// Versions of charts side by side: a new system starts on the newest, a stored one goes on with its own.
import { expect, test } from 'vitest';
import type { AnyEventObject } from 'xstate';
import { limits } from '../../src/limits.ts';
import type { Call } from '../../src/step/effect.ts';
import { toCause } from '../../src/step/quarantine.ts';
import { registerSystem } from '../../src/step/register.ts';
import { fromStored, newSystem, toStored } from '../../src/step/snapshot.ts';
import { quarantine, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { toCharts, toService } from '../../src/step/translate.ts';
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
  const result = quarantine(registered, start('1'), go(start('1')), toCause(new Error('no')));
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

test('what comes in is translated to the words of a version, and what goes out to those of today', () => {
  const translator = {
    toCharts: (message: AnyEventObject) => ({ ...message, type: `old.${message.type}` }),
    fromCharts: <M extends AnyEventObject>(message: M) => ({ ...message, type: message.type.slice(4) }),
  };
  const other = { ...toVersion('old'), translator };
  const system = registerSystem(
    { version: '2', ...toVersion('new'), services: [], otherVersions: { 1: other } },
    limits,
  );
  const incoming = go(start());
  expect(toCharts(system, '1', incoming)).toMatchObject({ message: { type: 'old.GO' } });
  expect(toCharts(system, '2', incoming)).toBe(incoming);
  const deadline = { kind: 'deadline', orderId: 'o', at: 2, key: 'k', dueAt: 2 } as const;
  expect(toCharts(system, '1', deadline)).toBe(deadline);
  const call: Call = {
    ...{ callId: 'c', orderId: 'o', service: 's', actor: 'toy', at: 1, keyFirstUsedAt: 1 },
    ...{ causationId: 'm', correlationId: 'c', chartVersion: '1' },
    command: { type: 'old.ask', key: 'k' },
  };
  expect(toService(system, call).command).toEqual({ type: 'ask', key: 'k' });
  expect(toService(system, { ...call, chartVersion: '2' }).command.type).toBe('old.ask');
});
