// What could come next for an order, and where it would lead: replies to its open calls, its deadlines, the
// moves that are open. It works on a copy in memory with the pure step and has no effect outside.

import { moves } from '../../machines/system.ts';
import type { Host } from '../host.ts';
import type { PendingCall, SystemState } from '../step/snapshot.ts';
import type { Incoming } from '../step/step.ts';
import { toView } from '../step/view.ts';
import type { Possibility, Supposed, WhatIf } from './shapes.ts';
import type { Timeline } from './timeline.ts';

type Answers = Readonly<Record<string, readonly { readonly type: string; readonly reason?: string }[]>>;
/** What each command may be answered, the good news first. */
const answers: Answers = {
  'warehouse.check': [{ type: 'warehouse.checked' }, { type: 'warehouse.failed' }],
  'warehouse.reserve': [
    { type: 'warehouse.reserved' },
    { type: 'warehouse.insufficient' },
    { type: 'warehouse.failed' },
  ],
  'warehouse.release': [{ type: 'warehouse.released' }, { type: 'warehouse.failed' }],
  'warehouse.commit': [
    { type: 'warehouse.committed' },
    { type: 'warehouse.refused' },
    { type: 'warehouse.failed' },
  ],
  'gateway.charge': [
    { type: 'gateway.charged' },
    { type: 'gateway.authorized' },
    { type: 'gateway.declined' },
    { type: 'gateway.failed' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.look-up': [
    { type: 'gateway.charged' },
    { type: 'gateway.declined' },
    { type: 'gateway.absent' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.capture': [
    { type: 'gateway.captured' },
    { type: 'gateway.refused' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.void': [
    { type: 'gateway.voided' },
    { type: 'gateway.refused' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.refund': [
    { type: 'gateway.refunded' },
    { type: 'gateway.refused' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'mailer.send': [{ type: 'mailer.sent' }, { type: 'mailer.failed' }],
};

const toReplies = (state: SystemState, callId: string, { command }: PendingCall): Possibility[] => {
  const order = state.actors.get('order')?.snapshot.context;
  const { key, attempt } = command;
  return (answers[command.type] ?? []).map(({ type, reason = 'supposed' }) => ({
    label: type,
    kind: 'reply',
    supposed: {
      kind: 'reply',
      callId,
      message: {
        ...{ type, key, attempt, reason, code: 'supposed', transactionId: 'supposed' },
        ...{ refundTransactionId: 'supposed', amount: order?.amount, currency: order?.currency },
        problems: type === 'warehouse.insufficient' ? toShortages(order?.items) : [],
      },
    },
  }));
};

const toShortages = (items: readonly { productId: string; quantity: number }[] = []) =>
  items.map(({ productId, quantity }) => ({
    ...{ productId, kind: 'insufficient-stock', requested: quantity, available: 0 },
  }));

const toMoves = (orderId: string, state: SystemState): Possibility[] =>
  toView(orderId, '', state).allowed.flatMap(({ move, actor, outcomes, upTo }): Possibility[] => {
    const { type } = moves[move];
    const to = actor ?? 'order';
    if (move === 'resolve') {
      return (outcomes ?? []).map((outcome) => ({
        label: `resolve ${to}: ${outcome}`,
        kind: 'move',
        supposed: { kind: 'message', to, message: { type, outcome, note: 'supposed', ...transaction } },
      }));
    }
    const fields = { reason: 'supposed', refundId: 'supposed', ...(upTo !== undefined && { amount: upTo }) };
    const label = actor === undefined ? move : `${move} ${actor}`;
    return [{ label, kind: 'move', supposed: { kind: 'message', to, message: { type, ...fields } } }];
  });
const transaction = { transactionId: 'supposed' };

/** What could come now, in the order in which a person would look for it. */
const findPossible = (orderId: string, state: SystemState): Possibility[] => [
  ...[...state.calls].flatMap(([callId, call]) => toReplies(state, callId, call)),
  ...[...state.deadlines].map(
    ([key, { dueAt }]): Possibility => ({
      label: `${key.split(':', 1)[0]}: ${/xstate\.after\.([^.]+)/.exec(key)?.[1] ?? key} passes`,
      kind: 'deadline',
      supposed: { kind: 'deadline', key, dueAt },
    }),
  ),
  ...toMoves(orderId, state),
];

const toIncoming = (orderId: string, { updatedAt, version }: SystemState, supposed: Supposed): Incoming => {
  const at = updatedAt;
  if (supposed.kind === 'reply') return { orderId, at, ...supposed };
  if (supposed.kind === 'deadline') return { orderId, ...supposed, at: Math.max(at, supposed.dueAt) };
  return { orderId, at, ...supposed, messageId: `supposed/${version}`, causationId: null };
};

/** Follows `supposed` from the order's version `version`. Undefined where there is no such version. */
export const suppose = async (
  timeline: Timeline,
  host: Host,
  orderId: string,
  version: number,
  supposed: readonly Supposed[],
): Promise<WhatIf | undefined> => {
  let state: SystemState | undefined;
  for await (const moment of timeline.read(host, orderId)) {
    if (moment.point.version > version) break;
    ({ state } = moment);
  }
  if (state === undefined || state.version !== version) return undefined;
  const points: WhatIf['points'][number][] = [];
  for (const each of supposed) {
    const moment = timeline.suppose(orderId, state, toIncoming(orderId, state, each));
    if (moment === undefined) break;
    points.push(moment.point);
    ({ state } = moment);
  }
  return { points, possible: findPossible(orderId, state) };
};
