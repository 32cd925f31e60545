// The calls of an order that was moved to other charts: the same key in the words of both versions stands for one command.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { newestVersion } from '../../machines/registry.ts';
import { toChartSystem } from '../../src/application.ts';
import { checkCalls } from '../../src/doctor/call-checks.ts';
import { createResults } from '../../src/doctor/results.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Call } from '../../src/step/effect.ts';
import { migrate } from '../../src/step/migration.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { step } from '../../src/step/step.ts';
import { decode } from '../fingerprint/fingerprint.ts';
import { startedAt } from '../fingerprint/walks.ts';

const system = registerSystem(toChartSystem(shop), limits);
const walks = decode(readFileSync(resolve(import.meta.dirname, '../../machines/fingerprints/version-1.gz')));

/** An order of version 1 whose notice names a reason that has another word today, and its calls before and after a move. */
const findMovedCalls = (): { readonly orderId: string; readonly calls: readonly Call[] } => {
  for (const { incoming } of walks) {
    let state = newSystem(system, startedAt, 'correlation', '1');
    for (const next of incoming) {
      const result = step(system, state, next);
      if (result === undefined) continue;
      ({ state } = result);
      const { orderId, at } = next;
      if (!JSON.stringify(result.calls.map(({ command }) => command)).includes('stock-not-sold')) continue;
      const request = { orderId, at, messageId: 'move', actor: 'order', to: newestVersion };
      const moved = migrate(system, state, { ...request, why: 'test', who: 'test' });
      if (moved.kind !== 'maps') throw new Error(moved.text);
      return { orderId, calls: [...result.calls, ...moved.result.calls] };
    }
  }
  throw new Error('no walk has such a notice');
};

const findProblems = (orderId: string, calls: readonly Call[]) => {
  const results = createResults();
  const row = { orderId, version: 1, system: '', unreadable: null, owner: 'o', state: '', settled: true };
  const order = {
    ...row,
    incident: false,
    chartVersion: '1',
    createdAt: 0,
    updatedAt: 0,
    wakeAt: null,
    lastSeq: 0,
  };
  checkCalls(
    shop,
    {
      ...{ orderId, order, messages: [], events: [], pendingCalls: [], rows: {}, state: undefined },
      ...{ calls, keys: new Map(), isAtRest: true, eventsOf: () => [], wasResolved: () => false },
    },
    results,
  );
  return results.data().counts['callKeysStable'];
};

test('a command that a migration writes again in other words is the same under its key', () => {
  const { orderId, calls } = findMovedCalls();
  expect(calls.map(({ chartVersion, command }) => [chartVersion, command.type])).toEqual([
    ['1', 'mailer.send'],
    [newestVersion, 'mailer.send'],
  ]);
  expect(findProblems(orderId, calls)).toEqual({ checked: 1, violations: 0, findings: [] });
  const [first] = calls;
  if (first === undefined) throw new Error('there are two');
  const other = { ...first, command: { ...first.command, amount: 1 } };
  expect(findProblems(orderId, [first, other])).toMatchObject({ violations: 1 });
});
