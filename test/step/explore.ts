// Walks a chart from its initial state by every message that its states accept (with replies to the last call and
// to an earlier one, and every outcome that a person can choose) and every deadline. It stops at states that it
// has visited. It has no expectations.
import { type AnyEventObject, type AnyMachineSnapshot, getNextTransitions } from 'xstate';
import { isMessageType, type MessageType, messages } from '../../machines/messages.ts';
import { activeLeaves } from '../../src/step/notes.ts';
import type { RegisteredChart } from '../../src/step/register.ts';
import { placing } from './stories.ts';

export interface Edge {
  readonly from: AnyMachineSnapshot;
  readonly event: AnyEventObject;
}

/** Few retries and short waits, so that a walk exhausts its retries soon. */
const retrying = { attempts: 2, firstDelayMs: 10, longestDelayMs: 100, answerWithinMs: 1000 };
const line = { productId: 'lamp', quantity: 2, unitPrice: 5000, currency: 'USD' };
const problem = { productId: 'lamp', kind: 'insufficient-stock', requested: 2, available: 1 };

const facts: Readonly<Record<string, unknown>> = {
  ...placing,
  policy: { ...placing.policy, inventory: retrying, payment: retrying, notification: retrying },
  lines: [line, line],
  problems: [problem],
  reservationTtlMs: 5000,
  retrying,
  reason: 'declined',
  refundId: 'refund-1',
  note: 'asked by telephone',
  outcome: 'nothing',
  transactionId: 'transaction-1',
  refundTransactionId: 'transaction-2',
  code: 'card_declined',
  why: 'cancelled',
  method: 'card',
  capture: 'at-once',
  recipient: placing.email,
  notice: 'confirmation',
  key: 'key-1',
  attempt: 1,
  disputeId: 'dispute-1',
  locale: 'de',
  refund: { refundId: 'refund-1', amount: 500, lines: [] },
};
const share = { productId: 'lamp', quantity: 1 };
const failed = { kind: 'cancelled', text: 'changed my mind' };
const variants: { readonly [T in MessageType]?: readonly Readonly<Record<string, unknown>>[] } = {
  'payment.failed': [{ reason: 'declined' }, { reason: 'gave-up' }],
  'payment.charge': [{ capture: 'at-once' }, { capture: 'later' }],
  'payment.refund': [{ amount: 500 }, { amount: 99_999 }],
  'payment.completed': [{ amount: 17_500 }],
  'payment.refunded': [{ amount: 500 }, { amount: 17_500 }],
  'order.refund': [
    { amount: 500, lines: undefined },
    { amount: undefined, lines: undefined },
    { amount: 99_999, lines: undefined },
    { amount: undefined, lines: [{ ...share, productId: placing.items[0]?.productId, restock: true }] },
  ],
  'gateway.unknown': [{ reason: 'no-answer' }, { reason: 'key-expired' }],
  'warehouse.checked': [{ problems: [] }, {}],
  'notification.send-failure': [{ reason: failed }],
  'notification.send-cancellation': [{ reason: failed }],
  'inventory.return': [{ lines: [share] }],
  'order.capture': [{ amount: 100 }, { amount: undefined }, { amount: 99_999 }],
  'gateway.dispute-closed': [{ outcome: 'won' }, { outcome: 'lost' }],
  'inventory.release': [{ why: 'cancelled' }, { why: 'failed' }],
};

/** A valid message of `type`, with `more` instead of the usual facts. */
export const toSample = (type: MessageType, more: Readonly<Record<string, unknown>>): AnyEventObject => {
  const { payload } = messages[type];
  const named = Object.keys(payload.shape).map((field) => [
    field,
    field in more ? more[field] : facts[field],
  ]);
  const event = { type, ...Object.fromEntries(named) };
  payload.parse(Object.fromEntries(named));
  return event;
};

const toEvents = (snapshot: AnyMachineSnapshot, type: string): readonly AnyEventObject[] => {
  if (!isMessageType(type)) return type.startsWith('xstate.after') ? [{ type }] : [];
  const { key, attempt } = snapshot.context;
  const answered =
    typeof key === 'string' && key !== ''
      ? [
          { key, attempt },
          { key, attempt: attempt + 1 },
        ]
      : [];
  const outcomes = activeLeaves(snapshot).flatMap(({ meta }): readonly string[] => meta?.outcomes ?? []);
  const resolved = outcomes.flatMap((outcome) => [{ outcome }, { outcome, transactionId: undefined }]);
  const given = type === 'incident.resolve' ? resolved : (variants[type] ?? [{}]);
  return [{}, ...answered].flatMap((answer) => given.map((each) => toSample(type, { ...answer, ...each })));
};

/**
 * The key of a state for a walk. It leaves out how many messages led to the state, the sum of refunds, which could grow for
 * ever, and what is only remembered of disputes and authorisations.
 */
const toMark = ({ value, context }: AnyMachineSnapshot): string => {
  const {
    attempt: _,
    key: __,
    authorizationExpiresInMs: ___,
    refundedAmount,
    disputes = [],
    ...rest
  } = context;
  const ends = disputes.map(({ state }: { readonly state: string }) => state);
  return JSON.stringify([value, refundedAmount > 0, ends, rest]);
};

/** Every edge of `chart` that a walk over its messages meets, and every state (one snapshot of each). */
export const explore = (
  chart: RegisteredChart,
  most: number,
): { readonly states: readonly AnyMachineSnapshot[]; readonly edges: readonly Edge[] } => {
  const seen = new Map([[toMark(chart.initial), chart.initial]]);
  const edges: Edge[] = [];
  // A map can grow while it is walked: what is added is met later.
  for (const from of seen.values()) {
    const types = new Set(getNextTransitions(from).map(({ eventType }) => eventType));
    for (const event of [...types].flatMap((type) => toEvents(from, type))) {
      edges.push({ from, event });
      const to: AnyMachineSnapshot = chart.machine.transition(from, event, chart.scope);
      chart.take();
      if (seen.size < most) seen.set(toMark(to), to);
    }
  }
  return { states: [...seen.values()], edges };
};
