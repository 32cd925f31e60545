// Keys and names of moments of an order. Moments with the same key count as one when paths are searched: a
// key has all that guards read, and no ids, times or attempts. Names are for people.
import type { AnyMachineSnapshot } from 'xstate';
import { type ActorName, actorNames } from '../../machines/messages.ts';
import { toStateName } from '../../src/step/notes.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { type Action, findNextEvent, type Moment } from './model.ts';

/** Whether a chart is in one of these states, each named by its path. */
const isIn = (snapshot: AnyMachineSnapshot, ...names: readonly string[]): boolean =>
  names.some((name) => snapshot._nodes.some(({ path }) => path.join('.') === name));

/** What the guards of each chart read, with finitely many values, and only in states from which such a guard can be reached. */
const read: Readonly<Record<ActorName, (snapshot: AnyMachineSnapshot) => readonly unknown[]>> = {
  order: (snapshot) => {
    const { failure, amount, paidAmount, refundedAmount, disputes, refundedLines, refund } = snapshot.context;
    const isEnding = isIn(snapshot, 'compensating', 'failed', 'cancelled');
    return [
      amount === 0,
      toStates(disputes),
      failure === null ? 'none' : failure.kind === 'cancelled',
      ...(isEnding
        ? []
        : [paidAmount - refundedAmount, toQuantity(refundedLines), toQuantity(refund?.lines ?? [])]),
    ];
  },
  inventory: (snapshot) => {
    const { key, tries, unwanted, returns } = snapshot.context;
    return [
      toPurpose(key),
      isIn(snapshot, ...retryingInventory) ? tries : 0,
      isIn(snapshot, 'reserving') && unwanted,
      Math.min(returns.length, 2),
    ];
  },
  payment: (snapshot) => {
    const { key, captureAmount, captured, refunded, ...context } = snapshot.context;
    const isLookingUp = isIn(snapshot, 'lookingUp');
    return [
      toPurpose(key),
      isLookingUp && [context.keyExpired, context.lookUps],
      isIn(snapshot, ...retryingPayment) ? context.tries : 0,
      context.transactionId,
      captured === 0 ? captureAmount : 'captured',
      captured - refunded,
      context.refundAmount,
      context.unwanted,
      context.lost,
      toStates(context.disputes),
    ];
  },
  notification: (snapshot) => {
    const { tries, waiting, notice } = snapshot.context;
    return isIn(snapshot, 'sending') ? [tries, Math.min(waiting.length, 1), notice === 'confirmation'] : [];
  },
};
/** Where attempts are counted: each begins with none, whatever was before. */
const retryingInventory = ['checking', 'reserving', 'committing', 'releasing', 'committed.returning'];
const retryingPayment = ['charging', 'lookingUp', 'capturing', 'voiding', 'charged.refunding'];

const toQuantity = (lines: readonly { readonly quantity: number }[]): number =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0);

/** Of disputes, in whatever order they were reported. */
const toStates = (disputes: readonly { readonly disputeId: string; readonly state: string }[]): string =>
  disputes
    .map(({ disputeId, state }) => `${disputeId} ${state}`)
    .sort()
    .join();

/** `order-1/charge/1` → `charge`. */
const toPurpose = (key: string): string | undefined => key.split('/')[1];

/** The charts' part of a key: states, and what their guards read. */
export const toChartsKey = (state: SystemState): string =>
  JSON.stringify(
    actorNames.map((name) => {
      const snapshot = state.actors.get(name)?.snapshot;
      return snapshot && [snapshot.value, ...read[name](snapshot)];
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
