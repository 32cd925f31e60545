// What the doctor expects of the money of an order that failed (src/shop/audit/end-checks.ts) when the bank took some of it
// back in a dispute: short histories, as the charts write them and as they never do.
import { describe, expect, it } from 'vitest';
import type { AuditedEvent, AuditedOrder } from '../../../src/audit.ts';
import { createResults } from '../../../src/doctor/results.ts';
import { checkEnd } from '../../../src/shop/audit/end-checks.ts';
import { toShopOrder } from '../../../src/shop/audit/shop-order.ts';

const toEvent = ([type, amount]: readonly [string, number], index: number): AuditedEvent => ({
  ...{ position: index, seq: index + 1, eventId: `event-${index}`, actor: 'payment', type, schemaVersion: 1 },
  ...{ data: '{}', causationId: 'message-1', correlationId: 'c', at: 1, fields: { amount } },
});

const examine = (...happened: readonly (readonly [string, number])[]): readonly string[] => {
  const events = happened.map(toEvent);
  const audited: AuditedOrder = {
    orderId: 'order-1',
    order: {
      ...{ orderId: 'order-1', version: 9, lastSeq: 9, owner: 'ada', state: 'failed', settled: true },
      ...{ incident: false, chartVersion: '2', createdAt: 0, updatedAt: 0, wakeAt: null },
      ...{ unreadable: null, system: '' },
    },
    ...{ messages: [], events, pendingCalls: [], state: undefined, calls: undefined, keys: new Map() },
    isAtRest: true,
    eventsOf: (...types) => events.filter(({ type }) => types.includes(type)),
    rows: { reservations: [], shares: [], stock: [] },
    wasResolved: () => false,
  };
  const results = createResults();
  checkEnd(toShopOrder(audited), results);
  return Object.values(results.data().counts).flatMap(({ findings }) =>
    findings.map(({ problem }) => problem),
  );
};

const paid = ['payment.completed', 500] as const;

describe('the money of a failed order', () => {
  it('that was lost in a dispute need not be given back', () => {
    expect(examine(paid, ['payment.refunded', 200], ['payment.dispute-lost', 500])).toEqual([]);
  });

  it('that was lost before a refund of it was known is gone once', () => {
    expect(examine(paid, ['payment.dispute-lost', 500], ['payment.refunded', 500])).toEqual([]);
  });

  it('must be given back if the dispute was won, or was about less', () => {
    expect(examine(paid, ['payment.dispute-won', 500])).toEqual(['it is failed, and 500 was not given back']);
    expect(examine(paid, ['payment.dispute-lost', 300])).toEqual([
      'it is failed, and 200 was not given back',
    ]);
  });
});
