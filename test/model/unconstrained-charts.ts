// Some of the charts with everything else unconstrained: other actors, services and people may send any
// message that they are declared for, with any key and attempt, and any deadline may fire at any time. More
// can happen here than in any real run, so what is not covered here never is. It explores everything.
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import {
  type ActorName,
  actorNames,
  type MessageType,
  messages,
  serviceNames,
  typesTo,
} from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { toChartSystem } from '../../src/application.ts';
import { shopInvariants } from '../../src/shop/invariants.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Call } from '../../src/step/effect.ts';
import type { Invariants } from '../../src/step/invariants.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { observeCharts } from '../../src/testing/chart-observer.ts';
import { wants } from '../../src/testing/happenings.ts';
import { sampleOrder } from '../machines/sample-order.ts';
import { toSample } from '../step/explore.ts';
import { toSettings } from './fault-limits.ts';
import { start, wholeDiscount } from './model.ts';
import { outcomesOf, partialRefund } from './possible-actions.ts';
import { toChartsKey } from './state-keys.ts';

const { orderId, amount } = sampleOrder;
const arrival = { orderId, at: start } as const;

const policyOf = (capture: string) => toPolicy(toSettings({ PAYMENT_CAPTURE: capture }));
const retrying = policyOf('later').payment;
type More = Readonly<Record<string, unknown>>;

/** The values of a message that guards distinguish. */
const share = { productId: 'lamp', quantity: 1 };
const failed = { kind: 'cancelled', text: 'changed my mind' };
const carried: { readonly [T in MessageType]?: readonly More[] } = {
  'order.place': [
    { policy: policyOf('at-once') },
    { policy: policyOf('later') },
    { policy: policyOf('later'), amount: 0, adjustments: [wholeDiscount] },
  ],
  'order.refund': [
    { amount: partialRefund, lines: undefined },
    { amount: undefined, lines: undefined },
    { amount: amount + 1, lines: undefined },
    { amount: undefined, lines: [{ ...share, restock: true }] },
  ],
  'payment.charge': [{ capture: 'at-once' }, { capture: 'later' }],
  'payment.refund': [{ amount: partialRefund }, { amount }, { amount: amount + 1 }],
  'payment.failed': [{ reason: 'declined' }, { reason: 'gave-up' }],
  'payment.completed': [{ amount }],
  'payment.refunded': [{ amount: partialRefund }, { amount: amount - partialRefund }, { amount }],
  'gateway.unknown': [{ reason: 'no-answer' }, { reason: 'key-expired' }],
  'warehouse.checked': [{ problems: [] }, {}],
  'inventory.release': [{ why: 'cancelled' }, { why: 'failed' }],
  'notification.delivered': [{ notice: 'confirmation' }, { notice: 'payment-action' }],
  'notification.send-failure': [{ reason: failed }],
  'notification.send-cancellation': [{ reason: failed }],
  'inventory.return': [{ lines: [share] }],
  'order.capture': [{ amount: partialRefund }, { amount: undefined }, { amount: amount + 1 }],
  'gateway.dispute-closed': [
    { outcome: 'won' },
    { outcome: 'lost' },
    { disputeId: 'dispute-2', outcome: 'won' },
  ],
};

const keysOf = (to: ActorName, { key, charge, refundId }: AnyMachineSnapshot['context']): Set<string> => {
  const purposes = ['charge', 'capture', 'void'].map((purpose) => `${orderId}/${purpose}/${charge}`);
  return new Set([
    key,
    'foreign',
    ...(to === 'payment' ? [...purposes, `${orderId}/refund/${refundId}`] : []),
  ]);
};

/** Refunds have an id each: the host makes a new one whenever one is requested. */
const toRefundIds = ({ refund }: AnyMachineSnapshot['context'], type: MessageType, version: number) => {
  if (type === 'order.refund') return [{ refundId: `refund-${version}` }];
  return type === 'payment.refunded' || type === 'payment.refund-refused'
    ? [{ refundId: 'rest' }, ...(refund ? [{ refundId: refund.refundId }] : [])]
    : [{}];
};

const toMessages = (to: ActorName, snapshot: AnyMachineSnapshot, type: MessageType, version: number) => {
  const { context } = snapshot;
  const { attempt } = context;
  const answers = [...keysOf(to, context)].flatMap((key) =>
    // Guards compare the attempt only for the current key.
    (key === context.key ? [attempt, attempt + 1] : [attempt]).map((each) => ({
      key: key || 'none',
      attempt: Math.max(1, each),
    })),
  );
  const answered: readonly More[] = 'attempt' in messages[type].payload.shape ? answers : [{}];
  const outcomes = [...outcomesOf(to), 'nonsense'].map((outcome) => ({ outcome }));
  const said: readonly More[] =
    type === 'incident.resolve'
      ? [...outcomes, { outcome: 'charged', transactionId: undefined }]
      : (carried[type] ?? [{}]);
  return answered.flatMap((answer) =>
    said.flatMap((more) =>
      toRefundIds(context, type, version).map((id) =>
        toSample(type, { retrying, ...more, ...answer, ...id }),
      ),
    ),
  );
};

/** All messages that can reach the charts of `names` from outside of them. */
const findIncoming = (
  names: readonly ActorName[],
  { actors, deadlines, version }: SystemState,
): Incoming[] => {
  const isInside = (address: string) => names.some((name) => name === address);
  const say = (to: ActorName, message: AnyEventObject): Incoming => ({
    ...{ kind: 'message', ...arrival, messageId: 'message-1', to, message, causationId: null },
  });
  return [
    ...[...deadlines].map(([key, { dueAt }]): Incoming => ({ kind: 'deadline', ...arrival, key, dueAt })),
    ...names.flatMap((to) => {
      const snapshot = actors.get(to)?.snapshot;
      if (snapshot === undefined) return [];
      return typesTo(to)
        .filter((type) => wants(snapshot, type) && !messages[type].from.every(isInside))
        .flatMap((type) => toMessages(to, snapshot, type, version).map((message) => say(to, message)));
    }),
  ];
};

const mostStates = 20_000;

/** The shop's, without the messages to actors that are not explored: those are calls here. */
const invariants: Invariants = {
  ...shopInvariants,
  check: (before, after, calls, delivered) =>
    shopInvariants.check(before, after, calls.filter(isForService), delivered),
};
const isForService = ({ service }: Call): boolean => serviceNames.some((name) => name === service);

/** Names of the items of the charts of `names` that are covered. */
export const exploreUnconstrained = (...names: readonly ActorName[]): ReadonlySet<string> => {
  const { system, met, initial } = observeCharts({
    ...toChartSystem(shop),
    invariants,
    charts: Object.fromEntries(names.map((name) => [name, orderSystem.charts[name]])),
    otherVersions: {},
    services: [...serviceNames, ...actorNames.filter((name) => !names.includes(name))],
  });
  const first = newSystem(system, start, 'free');
  const known = new Map([[toChartsKey(first), first]]);
  // A map can grow during iteration: what is added is visited later.
  for (const state of known.values()) {
    if (known.size > mostStates) throw new Error(`${names.join(' and ')} have states without end`);
    for (const incoming of findIncoming(names, state)) {
      const result = step(system, state, incoming);
      // A message that would break an invariant is quarantined, here as in any real run.
      if (result?.state.quarantined.at(-1)?.violated !== undefined) continue;
      if (result === undefined || result.received.disposition === 'dead') {
        throw new Error(`${JSON.stringify(incoming)} comes to ${result?.received.reason}`);
      }
      const mark = toChartsKey(result.state);
      if (!known.has(mark)) known.set(mark, { ...result.state, calls: new Map() });
    }
  }
  return new Set([...initial, ...met]);
};
