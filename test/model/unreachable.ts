// The items of the charts that no order can reach, with the reason. Each is checked twice: nothing else is
// missing from the driven paths, and an exploration of everything that could happen does not reach it.
import type { ActorName } from '../../machines/messages.ts';

export interface Unreachable {
  readonly name: string;
  readonly why: string;
  /** The charts that rule it out, whatever the others do. */
  readonly by: readonly ActorName[];
}

const firstWord =
  'no transaction is known before the first word of an authorisation, which leads on and never back here: any word of one is news';

export const unreachable: readonly Unreachable[] = [
  {
    name: 'payment: charging, gateway.authorized if isOurCharge and isNewTransaction → authorized: isNewTransaction says no',
    why: firstWord,
    by: ['payment'],
  },
  {
    name: 'payment: lookingUp, gateway.authorized if isOurCharge and isNewTransaction → authorized: isNewTransaction says no',
    why: firstWord,
    by: ['payment'],
  },
  {
    name: 'payment: charged.kept, payment.refund if isRefundable → charged.refunding: isRefundable says no',
    why: 'the order asks for a refund only where its own guard of the same name finds enough money left',
    by: ['order', 'payment'],
  },
  {
    name: 'payment: refunded, payment.cancel → stays',
    why: 'an order calls its payment off on its way out, and refunds all of it only after that or when it is completed, which has no way out',
    by: ['order', 'payment'],
  },
];
