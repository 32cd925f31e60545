// A released chart version is frozen: thousands of messages, recorded when it was released, lead to what they led to then.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type AnyStateMachine, emit } from 'xstate';
import { registry } from '../../machines/registry.ts';
import { toChartSystem } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { toPaths } from '../../src/step/notes.ts';
import { ofVersion, registerSystem } from '../../src/step/register.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { leafPaths } from '../docs/leaves.ts';
import { decode, encode, findDifference } from './fingerprint.ts';

const released = [shop.chartVersion, ...Object.keys(shop.otherVersions ?? {})];
const folder = resolve(import.meta.dirname, '../../machines/fingerprints');
/** Walks as they go, and walks on which services fail and stock is missing. */
const read = (version: string) =>
  ['', '-trouble'].flatMap((kind) => decode(readFileSync(resolve(folder, `version-${version}${kind}.gz`))));

/** Version 1 with another chart for one of its actors. */
const registerWith = (charts: Readonly<Record<string, AnyStateMachine>> = {}) => {
  const version1 = { ...registry[1], charts: { ...registry[1].charts, ...charts } };
  return ofVersion(registerSystem(toChartSystem({ ...shop, otherVersions: { 1: version1 } }), limits), '1');
};
const [walk] = read('1');
if (walk === undefined) throw new Error('no walk is recorded');

/** A capture that an operator asks for and the bank never confirms: no recorded walk is so unlucky. */
const unmet = ['payment: capturing.needsAttention'];
/** States that are left within the step that enters them. */
const passing = [
  'order: placing',
  'inventory: idle',
  'inventory: checked',
  'payment: declined',
  'payment: failed',
];

test.each(released)(
  'chart version %s does what it did when it was released, in every state in which an order can stop',
  (version) => {
    const system = ofVersion(registerSystem(toChartSystem(shop), limits), version);
    const walks = read(version);
    expect(walks.reduce((sum, { lines }) => sum + lines.length, 0)).toBeGreaterThan(30_000);
    const left = new Set(
      [...system.charts].flatMap(([name, { machine }]) =>
        leafPaths(machine.root).map((path) => `${name}: ${path}`),
      ),
    );
    const note = ({ actors }: SystemState): void => {
      for (const [name, { snapshot }] of actors) {
        for (const path of toPaths(snapshot.value)) left.delete(`${name}: ${path}`);
      }
    };
    for (const each of walks) expect(findDifference(system, each, note)).toBeUndefined();
    expect([...left].toSorted()).toEqual([...passing, ...unmet].toSorted());
  },
);

/** A copy of the shop's chart, whose config is its own. */
const copyChart = (name: keyof (typeof registry)[1]['charts']): AnyStateMachine =>
  registry[1].charts[name].provide({});

test('one more event of a chart is a difference: the walk, the message and both results are named', () => {
  const notification = copyChart('notification');
  notification.config = { ...notification.config, entry: emit({ type: 'notification.ready' }) };
  expect(findDifference(registerWith({ notification }), walk)?.split('\n')).toEqual([
    'walk 0, message 1 (message order.place) leads to something else than it did when the version was frozen:',
    expect.stringMatching(/^ {2}then applied: validating/),
    expect.stringMatching(/^ {2}now {2}applied: validating.*notification\.ready/),
    expect.stringContaining('raise the version'),
  ]);
});

test('another description is no difference', () => {
  const order = copyChart('order');
  const states = Object.entries(order.config.states ?? {}).map(
    ([name, state]) => [name, { ...state, description: 'somewhere' }] as const,
  );
  order.config = { ...order.config, states: Object.fromEntries(states) };
  expect(findDifference(registerWith({ order }), walk)).toBeUndefined();
});

test('a walk is the same after it was written and read', () => {
  expect(decode(encode([walk]))).toEqual([walk]);
});
