// Fires the deadlines of one order that are due, or postpones those that wait for a service which is not called now.
import { findAwaitedService, findWaitingSince, postpone } from '../step/postponement.ts';
import type { StepResult } from '../step/step.ts';
import type { Deadline } from '../step/system-state.ts';
import type { SystemView } from '../step/view.ts';
import type { OrderTransaction } from './order-transaction.ts';

/** In the order in which they fell due. */
export const fireDeadlines = <View extends SystemView>(transaction: OrderTransaction<View>): void => {
  const { at } = transaction;
  const due = [...transaction.state.deadlines]
    .filter(([, { dueAt }]) => dueAt <= at)
    .sort(([, a], [, b]) => a.dueAt - b.dueAt);
  for (const [key, { dueAt }] of due) {
    // One that an earlier one cleared or set again is gone: nothing of it is recorded.
    const deadline = transaction.state.deadlines.get(key);
    if (deadline?.dueAt !== dueAt) continue;
    const postponed = findPostponement(transaction, key, deadline);
    if (postponed === undefined) transaction.deliver({ kind: 'deadline', key, dueAt });
    else transaction.accept(postponed);
  }
};

const findPostponement = <View extends SystemView>(
  { engine: { system, postponing }, isQuarantining, state, orderId, at }: OrderTransaction<View>,
  key: string,
  deadline: Deadline,
): StepResult | undefined => {
  if (isQuarantining) return undefined;
  const service = findAwaitedService(system, state, deadline);
  if (service === undefined) return undefined;
  const { dueAt, firstDueAt = dueAt } = deadline;
  const since = findWaitingSince(state, deadline, service);
  const until = postponing.postponeTo({ service, since, firstDueAt, dueAt }, at);
  if (until === undefined) return undefined;
  return postpone(state, { kind: 'postponement', orderId, at, key, dueAt, until, service });
};
