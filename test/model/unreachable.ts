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
];
