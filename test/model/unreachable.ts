// The items of the charts that no order can reach, with the reason. Each is checked twice: nothing else is
// missing from the driven paths, and an exploration of everything that could happen does not reach it.
import type { ActorName } from '../../machines/messages.ts';

export interface Unreachable {
  readonly name: string;
  readonly why: string;
  /** The charts that rule it out, whatever the others do. */
  readonly by: readonly ActorName[];
}

const firstAuthorization =
  'no transaction is known before the first authorisation, which leaves this state for good: any authorisation here is new';

/** The order's guards of disputes are those of the payment, which is asked first. */
const knownDisputes = [
  'paying.committing',
  'notifying',
  'completed',
  'compensating',
  'failed',
  'cancelled',
].flatMap((state) =>
  [
    ['payment.dispute-opened', 'isNewDispute'],
    ['payment.dispute-won', 'isOpenDispute'],
    ['payment.dispute-lost', 'isOpenDispute'],
  ].map(
    ([type, guard]): Unreachable => ({
      name: `order: ${state}, ${type} if ${guard} → stays: ${guard} says no`,
      why: 'the payment reports the beginning and the end of each dispute once',
      by: ['order', 'payment'],
    }),
  ),
);
const actionNoticeFirst =
  'only a payment that waits for its customer is followed by this notice, once and before any other notice';

export const unreachable: readonly Unreachable[] = [
  {
    name: 'payment: charging, gateway.authorized if isOurCharge and isNewTransaction → authorized: isNewTransaction says no',
    why: firstAuthorization,
    by: ['payment'],
  },
  {
    name: 'payment: lookingUp, gateway.authorized if isOurCharge and isNewTransaction → authorized: isNewTransaction says no',
    why: firstAuthorization,
    by: ['payment'],
  },
  {
    name: 'payment: charged.kept, payment.refund if isRefundable → charged.refunding: isRefundable says no',
    why: 'the order requests a refund only if its own guard of the same name finds enough money left',
    by: ['order', 'payment'],
  },
  {
    name: 'payment: charged.disputed, payment.refund → stays',
    why: 'the order knows of the open dispute, and requests no refund',
    by: ['order', 'payment'],
  },
  ...knownDisputes,
  {
    name: 'inventory: committed, inventory.return if isNewReturn → stays: isNewReturn says no',
    why: 'each refund has an id of its own, and the order returns its products once',
    by: ['order', 'inventory'],
  },
  {
    name: 'notification: sending, notification.send-payment-action → stays',
    why: actionNoticeFirst,
    by: ['order', 'notification'],
  },
  {
    name: 'notification: sent, notification.send-payment-action → sending',
    why: actionNoticeFirst,
    by: ['order', 'notification'],
  },
];
