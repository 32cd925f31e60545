// How the charts of version 1 meet today's messages: through a translator, in both directions.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { messages } from '../../machines/messages.ts';
import { registry } from '../../machines/registry.ts';
import { toChartSystem } from '../../src/application.ts';
import { readSettings } from '../../src/config.ts';
import { limits } from '../../src/limits.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import { ofVersion, registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { step } from '../../src/step/step.ts';
import { decode } from '../fingerprint/fingerprint.ts';
import { startedAt } from '../fingerprint/walks.ts';
import { sampleOrder } from './sample-order.ts';

// What came later, version 1 has no words for.
const { provider: _, actionWithinMs: __, ...policy } = toPolicy(readSettings());
const version1 = registry[1];
const { toCharts, fromCharts } = version1.translator;
const walks = decode(readFileSync(resolve(import.meta.dirname, '../../machines/fingerprints/version-1.gz')));
const schemaOf = (
  catalogue: Readonly<Record<string, { readonly payload: z.ZodType }>>,
  type: string,
): z.ZodType => {
  const declared = catalogue[type];
  if (declared === undefined) throw new Error(`${type} is not declared`);
  return declared.payload;
};

describe('a message of today', () => {
  test('that places an order brings the policy in the words of version 1', () => {
    const { type, ...payload } = toCharts({ ...sampleOrder, type: 'order.place', policy });
    expect(version1.messages['order.place'].payload.parse(payload)).toMatchObject({
      policy: { sellWithinMs: policy.commitWithinMs },
    });
  });

  test.each([
    ['already-committed', 'already-sold'],
    ['not-reserved', 'not-held'],
    ['reservation-ended', 'reservation-ended'],
  ])('that refuses because of %s says %s there', (reason, before) => {
    expect(toCharts({ type: 'warehouse.refused', key: 'k', attempt: 1, reason })).toEqual({
      type: 'warehouse.refused',
      ...{ key: 'k', attempt: 1, reason: before },
    });
  });
});

test.each([
  [{ type: 'incident.opened', reason: 'sale-unconfirmed' }, { reason: 'commit-unconfirmed' }],
  [{ type: 'incident.opened', reason: 'paid-but-not-sold' }, { reason: 'paid-but-not-committed' }],
  [{ type: 'incident.opened', reason: 'charge-unknown' }, { reason: 'charge-unknown' }],
  [{ type: 'incident.closed', how: 'resolved', outcome: 'sold' }, { outcome: 'committed' }],
  [{ type: 'order.failed', reason: { kind: 'stock-not-sold' } }, { reason: { kind: 'stock-not-committed' } }],
  [{ type: 'order.cancelled', reason: 'sale-unconfirmed' }, { reason: 'sale-unconfirmed' }],
  [
    { type: 'xstate.after.sellDeadline.order.paying.selling.asking' },
    { type: 'xstate.after.commitDeadline.order.paying.committing.asking' },
  ],
])('what was recorded as %j has today’s words', (recorded, expected) => {
  expect(fromCharts(recorded)).toEqual({ ...recorded, ...expected });
});

test('every command of the recorded walks is one that today’s services know', () => {
  const system = ofVersion(registerSystem(toChartSystem(shop), limits), '1');
  const reasons = new Set<unknown>();
  for (const { incoming } of walks.slice(0, 500)) {
    let state = newSystem(system, startedAt, 'correlation', '1');
    for (const next of incoming) {
      const result = step(system, state, next);
      if (result === undefined) continue;
      ({ state } = result);
      for (const { command } of result.calls) {
        const { type, ...payload } = fromCharts(command);
        expect(schemaOf(messages, type).safeParse(payload)).toMatchObject({ success: true });
        if (type === 'mailer.send') reasons.add(JSON.stringify(payload['reason']));
      }
    }
  }
  expect([...reasons]).toContainEqual(expect.stringContaining('"stock-not-committed"'));
});
