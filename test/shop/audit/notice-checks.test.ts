// Which notices the doctor expects (src/shop/audit/notice-checks.ts) on each version of the charts, and of orders that were
// moved from one to the other: short histories, as the charts write them and as they never do.
import { describe, expect, it } from 'vitest';
import type { AuditedEvent, AuditedMessage, AuditedOrder } from '../../../src/audit.ts';
import { createResults } from '../../../src/doctor/results.ts';
import { checkMails, checkNotices } from '../../../src/shop/audit/notice-checks.ts';
import { toShopOrder } from '../../../src/shop/audit/shop-order.ts';

const [cancelled, failureSent, cancellationSent, refunded, refundSent] = [
  ...['order.cancelled', 'order.failure-notification-sent', 'order.cancellation-notice-sent'],
  ...['payment.refunded', 'order.refund-notice-sent'],
];
/** An event, and the version of the message that led to it. */
type Happened = readonly [
  type: string | undefined,
  version: number,
  fields?: Readonly<Record<string, unknown>>,
];
interface History {
  readonly state: string;
  /** Of the charts, now. */
  readonly chartVersion: string;
  readonly events: readonly Happened[];
  /** The message that moved it here from version 1. */
  readonly movedAt?: number;
  readonly mails?: readonly string[];
  readonly isAtRest?: boolean;
}

const toMessage = (version: number, isMove: boolean): AuditedMessage => ({
  ...{ version, messageId: `message-${version}`, kind: 'message', to: 'order', data: '{}', at: version },
  ...{ type: isMove ? 'system.migrated' : 'order.place', disposition: 'applied', reason: null },
  ...{ causationId: null, correlationId: 'c', fields: isMove ? { from: '1', to: '2' } : {} },
});
const toEvent = ([type = '', version, fields = {}]: Happened, index: number): AuditedEvent => ({
  ...{ position: index, seq: index + 1, eventId: `event-${index}`, actor: 'order', type, schemaVersion: 1 },
  ...{ data: '{}', causationId: `message-${version}`, correlationId: 'c', at: version, fields },
});

const toOrder = ({ state, chartVersion, events: happened, movedAt, mails, isAtRest = true }: History) => {
  const events = happened.map(toEvent);
  const eventsOf = (...types: readonly string[]) => events.filter(({ type }) => types.includes(type));
  const audited: AuditedOrder = {
    orderId: 'order-1',
    order: {
      ...{ orderId: 'order-1', version: 9, lastSeq: 9, owner: 'ada', state, settled: true, incident: false },
      ...{ chartVersion, createdAt: 0, updatedAt: 0, wakeAt: null, unreadable: null, system: '' },
    },
    messages: [1, 2, 3, 4, 5].map((version) => toMessage(version, version === movedAt)),
    ...{ events, pendingCalls: [], state: undefined, calls: undefined, keys: new Map(), isAtRest, eventsOf },
    rows: {
      ...{ reservations: [], shares: [], stock: [] },
      ...(mails && { mails: mails.map((kind) => ({ kind, at: 1 })) }),
    },
    wasResolved: () => false,
  };
  return toShopOrder(audited);
};

const examine = (history: History): readonly string[] => {
  const results = createResults();
  const order = toOrder(history);
  checkNotices(order, results);
  checkMails(order, { takenAt: 2, clockToleranceMs: 0, replay: true, atRest: false }, results);
  return Object.values(results.data().counts).flatMap(({ findings }) =>
    findings.map(({ problem }) => problem),
  );
};

describe('a cancelled order', () => {
  it.each<[string, Omit<History, 'state'>]>([
    [
      'on version 1 gets a failure notice',
      {
        chartVersion: '1',
        events: [
          [cancelled, 2],
          [failureSent, 3],
        ],
      },
    ],
    [
      'on version 2 gets a cancellation notice',
      {
        chartVersion: '2',
        events: [
          [cancelled, 2],
          [cancellationSent, 3],
        ],
      },
    ],
    [
      'that was moved after it was cancelled has its failure notice',
      {
        chartVersion: '2',
        movedAt: 4,
        events: [
          [cancelled, 2],
          [failureSent, 3],
        ],
        mails: ['failure'],
      },
    ],
    [
      'that was moved before gets a cancellation notice',
      {
        chartVersion: '2',
        movedAt: 2,
        events: [
          [cancelled, 3],
          [cancellationSent, 4],
        ],
        mails: ['cancellation'],
      },
    ],
  ])('%s', (_what, history) => {
    expect(examine({ state: 'cancelled', ...history })).toEqual([]);
  });

  it.each<[string, Omit<History, 'state'>]>([
    [
      'with the notice of version 2 on version 1',
      {
        chartVersion: '1',
        events: [
          [cancelled, 2],
          [cancellationSent, 3],
        ],
      },
    ],
    [
      'with the notice of version 1 on version 2',
      {
        chartVersion: '2',
        events: [
          [cancelled, 2],
          [failureSent, 3],
        ],
      },
    ],
  ])('%s is a violation', (_what, history) => {
    expect(examine({ state: 'cancelled', ...history })).toEqual([
      'it is cancelled, and its customer was notified of something else',
    ]);
  });

  it('has no mail of the other version', () => {
    const events: readonly Happened[] = [
      [cancelled, 2],
      [cancellationSent, 3],
    ];
    const history = { state: 'cancelled', chartVersion: '2', events, mails: ['cancellation', 'failure'] };
    expect(examine(history)).toEqual(['its failure is in the folder, and it did not fail']);
  });
});

describe('a refund', () => {
  const made: Happened = [refunded, 2, { refundId: 'a' }];
  const confirmed: Happened = ['order.confirmation-sent', 1];
  const paid: Happened = ['payment.completed', 1];
  const completed = (...events: readonly Happened[]): History => ({
    ...{ state: 'completed', chartVersion: '2', events: [paid, confirmed, ...events] },
  });

  it('on version 1, or made before its order was moved, has no notice', () => {
    expect(examine({ ...completed(made), chartVersion: '1' })).toEqual([]);
    expect(examine({ ...completed(made), movedAt: 3 })).toEqual([]);
  });

  it('on version 2 has one, once nothing moves any more', () => {
    expect(examine(completed(made))).toEqual(['its customer was not notified of refund a']);
    expect(examine({ ...completed(made), isAtRest: false })).toEqual([]);
    expect(examine(completed(made, [refundSent, 3, { refundId: 'a' }]))).toEqual([]);
  });

  it('has its own mail, whatever its id', () => {
    const wild: readonly Happened[] = [
      [refunded, 2, { refundId: '../A' }],
      [refundSent, 3, { refundId: '../A' }],
    ];
    const [problem, ...others] = examine({ ...completed(...wild), mails: ['confirmation', 'refund.a'] });
    expect(problem).toMatch(/^its refund_[0-9a-f]{64} was sent, and is not in the folder$/);
    expect(others).toEqual(['its refund.a is in the folder, and there was no such refund']);
  });
});

describe('a payment that the customer had to confirm', () => {
  const asked: Happened = ['payment.action-required', 1];
  const told: Happened = ['order.payment-action-notice-sent', 2];
  const moving = { state: 'paying', chartVersion: '2', isAtRest: false };

  it('has its notice and its mail', () => {
    expect(examine({ ...moving, events: [asked, told], mails: ['payment-action'] })).toEqual([]);
    expect(examine({ ...moving, events: [asked, told], mails: [] })).toEqual([
      'its payment-action was sent, and is not in the folder',
    ]);
  });

  it('is notified once, and only if the bank asked for that', () => {
    expect(examine({ ...moving, events: [asked, told, told] })).toEqual([
      'its customer was asked twice to confirm the payment',
    ]);
    expect(examine({ ...moving, events: [told], mails: ['payment-action'] })).toEqual([
      'its customer was asked to confirm a payment, and the bank did not ask for that',
      'its payment-action is in the folder, and its bank asked for no confirmation',
    ]);
  });
});

it('an order of nothing is confirmed without a payment', () => {
  const events: readonly Happened[] = [
    ['payment.not-needed', 1],
    ['order.confirmation-sent', 2],
  ];
  expect(examine({ state: 'completed', chartVersion: '2', events, mails: ['confirmation'] })).toEqual([]);
});
