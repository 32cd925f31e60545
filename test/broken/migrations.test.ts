// Faults of migrations that are found and not yet corrected: each test says what should be, and fails. It knows no cause.
import { expect, test } from 'vitest';
import { newestVersion as to } from '../../machines/registry.ts';
import { fromVersion1 } from '../../src/shop/from-version-1.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Migration } from '../../src/step/migration-rules.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createCounter, never, openHost, place, settleNow, shut, widgets } from '../hosts/harness.ts';
import { shopOfVersion1 } from '../released-shop.ts';

const wish = { to, why: 'a better chart', who: 'ada' };

test('fault: a rule may write a command that the messages of its version do not declare', async () => {
  const otherMethod: Migration = (system, context) => {
    const moved = fromVersion1(system, context);
    const calls = Object.entries(moved.calls).map(([callId, { command, ...call }]) => [
      callId,
      { ...call, command: { ...command, method: 'not-declared' } },
    ]);
    return { ...moved, calls: Object.fromEntries(calls) };
  };
  const store = createMemoryStore();
  const ids = createCounter();
  const settings = { DRAIN_MS: 0 };
  const before = await openHost({ store, ids, settings, application: shopOfVersion1, gateway: never });
  const { id: orderId } = await place(before, widgets(1));
  await settleNow(before);
  await shut(before, 0);
  const application = { ...shop, migrations: { [`1→${to}`]: otherMethod } };
  const open = await openHost({ store, ids, clock: before.clock, application });
  expect(await open.host.migrate({ orderId, ...wish })).toMatchObject({ kind: 'stuck' });
  await shut(open, 0);
});
