// Keys and names of moments of an order. Moments with the same key count as one when paths are searched: a
// key has all that guards read, and no ids, times or attempts. Names are for people.
import type { AnyMachineSnapshot } from 'xstate';
import { type ActorName, actorNames } from '../../machines/messages.ts';
import { toStateName } from '../../src/step/notes.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { type Action, findNextEvent, type Moment } from './model.ts';

type Context = AnyMachineSnapshot['context'];

/** What the guards of each chart read, with finitely many values. */
const read: Readonly<Record<ActorName, (context: Context) => readonly unknown[]>> = {
  order: ({ failure, amount, paidAmount, refundedAmount, disputes, refundedLines, refund }) => [
    amount === 0,
    toStates(disputes),
    refundedLines.length > 0,
    (refund?.lines ?? []).length,
    failure === null ? 'none' : failure.kind === 'cancelled',
    paidAmount,
    Math.min(refundedAmount, paidAmount),
  ],
  inventory: ({ key, tries, why, unwanted, returns }) => [
    toPurpose(key),
    tries,
    why === 'expired',
    unwanted,
    Math.min(returns.length, 2),
  ],
  payment: ({ key, refundId, ...context }) => [
    toPurpose(key),
    context.keyExpired,
    context.tries,
    context.lookUps,
    context.transactionId,
    context.captured,
    context.refunded,
    context.refundAmount,
    context.unwanted,
    context.captureAmount,
    context.lost,
    toStates(context.disputes),
    key.endsWith(`/${refundId}`),
  ],
  notification: ({ tries, waiting }) => [tries, Math.min(waiting.length, 1)],
};

/** Of disputes, whatever their ids. */
const toStates = (disputes: readonly { readonly state: string }[]): string =>
  disputes.map(({ state }) => state).join();

/** `order-1/charge/1` → `charge`. */
const toPurpose = (key: string): string | undefined => key.split('/')[1];

/** The charts' part of a key: states, and what their guards read. */
export const toChartsKey = (state: SystemState): string =>
  JSON.stringify(
    actorNames.map((name) => {
      const snapshot = state.actors.get(name)?.snapshot;
      return snapshot && [snapshot.value, ...read[name](snapshot.context)];
    }),
  );

/** The key of a moment: the charts, and the pending calls. */
export const toStateKey = ({ state, flights }: Moment): string => {
  const calls = [...flights].map(([callId, { doubted }]) => {
    const call = state.calls.get(callId);
    const last = call && state.actors.get(call.actor)?.snapshot.context.attempt;
    return `${call?.command.type}${call?.command['attempt'] === last ? '' : ', stale'}${doubted ? ', doubted' : ''}`;
  });
  return `${toChartsKey(state)} ${calls.join('; ')}`;
};

/** The states of all four actors. */
export const describeStates = ({ state }: Moment): string =>
  [...state.actors.values()].map(({ snapshot }) => toStateName(snapshot)).join(' | ');

/** What happened, without the number of the attempt: `gateway.charge answered declined`. */
export const describeAction = (before: Moment, action: Action): string => {
  switch (action.type) {
    case 'place':
      return action.isFree ? 'placed for nothing' : 'placed';
    case 'move':
      return [
        action.move,
        action.to,
        action.outcome ?? '',
        action.amount ?? '',
        action.lines ? 'of a line' : '',
      ]
        .join(' ')
        .trim();
    case 'answer':
      return `${action.call.replace(/#.*/, '')} answered ${action.word}`;
    case 'fact':
      return `told ${action.word} of ${action.key}${action.attempt === 'last' ? '' : ', stale'}`;
    case 'crash':
      return `crash, down ${action.down}`;
    case 'wait': {
      const coming = findNextEvent(before);
      if (coming?.what === 'silence')
        return `${before.state.calls.get(coming.callId)?.command.type} unanswered`;
      const [key = ''] = [...before.state.deadlines].find(([, { dueAt }]) => dueAt === coming?.at) ?? [];
      return `deadline ${key.replace(/xstate\.after\./, '')}`;
    }
  }
};

/** A step of the whole: the states before, the action, the states after. */
export const describeStep = (before: Moment, action: Action, after: Moment): string =>
  `${describeStates(before)} — ${describeAction(before, action)} → ${describeStates(after)}`;
