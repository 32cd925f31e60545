// What could come next for an order, and where it would lead: replies to its open calls, its deadlines, the
// moves that are open. It works on a copy in memory with the pure step and has no effect outside.

import { moves } from '../../machines/system.ts';
import type { Host } from '../host.ts';
import { toDeadlineName } from '../step/deadline-name.ts';
import type { PendingCall, SystemState } from '../step/snapshot.ts';
import type { Incoming } from '../step/step.ts';
import { toView } from '../step/view.ts';
import { answers } from './answers.ts';
import type { Point, Possibility, Supposed, WhatIf } from './shapes.ts';
import type { Timeline } from './timeline.ts';

interface Command {
  readonly type: string;
  readonly key?: unknown;
  readonly attempt?: unknown;
}

/** Each answer that the command may be given, in full. */
const toAnswers = (
  state: SystemState,
  { type: asked, key, attempt }: Command,
): { readonly type: string }[] => {
  const order = state.actors.get('order')?.snapshot.context;
  return (answers[asked] ?? []).map(({ type, reason = 'supposed' }) => ({
    ...{ type, key, attempt, reason, code: 'supposed', transactionId: 'supposed' },
    ...{ refundTransactionId: 'supposed', amount: order?.amount, currency: order?.currency },
    problems: type === 'warehouse.insufficient' ? toShortages(order?.items) : [],
  }));
};

const toReplies = (state: SystemState, callId: string, { command }: PendingCall): Possibility[] =>
  toAnswers(state, command).map((message) => ({
    label: message.type,
    kind: 'reply',
    supposed: { kind: 'reply', callId, message },
  }));

/** A command that a service outside was told before, and what it answered. */
interface Told {
  readonly actor: string;
  readonly command: Command;
  readonly answered: Set<string>;
}
const outside = new Set(['gateway', 'mailer']);

/** Keeps, by key, what the services outside were told and what they answered. */
const noteTold = (told: Map<string, Told>, { passed, from, type, data }: Point): void => {
  for (const { from: actor, to, type: asked, data: rest } of passed) {
    const key = `${asked} ${rest['key']}`;
    const answered = told.get(key)?.answered ?? new Set();
    if (outside.has(to)) told.set(key, { actor, command: { ...rest, type: asked }, answered });
  }
  if (!outside.has(from)) return;
  for (const { command, answered } of told.values()) {
    const isAnswer = answers[command.type]?.some((each) => each.type === type);
    if (isAnswer && command.key === data['key']) answered.add(type);
  }
};

/** An answer that comes once more, or after nobody waits for it: as a message from outside, as a webhook is. */
const toLate = (state: SystemState, told: ReadonlyMap<string, Told>): Possibility[] => {
  const pending = new Set([...state.calls.values()].map(({ command }) => `${command.type} ${command.key}`));
  return [...told]
    .filter(([key]) => !pending.has(key))
    .flatMap(([, { actor, command, answered }]) =>
      toAnswers(state, command).map(
        (message): Possibility => ({
          label: `${message.type}, ${answered.has(message.type) ? 'again' : 'late'}`,
          kind: 'late',
          supposed: { kind: 'message', to: actor, message },
        }),
      ),
    );
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
const findPossible = (
  orderId: string,
  state: SystemState,
  told: ReadonlyMap<string, Told>,
): Possibility[] => [
  ...[...state.calls].flatMap(([callId, call]) => toReplies(state, callId, call)),
  ...[...state.deadlines].map(
    ([key, { dueAt }]): Possibility => ({
      label: `${key.split(':', 1)[0]}: ${toDeadlineName(key) ?? key} passes`,
      kind: 'deadline',
      supposed: { kind: 'deadline', key, dueAt },
    }),
  ),
  ...toMoves(orderId, state),
  ...toLate(state, told),
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
  const told = new Map<string, Told>();
  for await (const moment of timeline.read(host, orderId)) {
    if (moment.point.version > version) break;
    ({ state } = moment);
    noteTold(told, moment.point);
  }
  if (state === undefined || state.version !== version) return undefined;
  const points: WhatIf['points'][number][] = [];
  for (const each of supposed) {
    const moment = timeline.suppose(orderId, state, toIncoming(orderId, state, each));
    if (moment === undefined) break;
    points.push(moment.point);
    noteTold(told, moment.point);
    ({ state } = moment);
  }
  return { points, possible: findPossible(orderId, state, told) };
};
