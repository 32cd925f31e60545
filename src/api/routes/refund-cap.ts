// The cap of a key on refunds in one day. What counts is all that its principal gave back that day, with whichever of its
// keys, or a second key would double the cap. The total is a row of the shop, changed in the commit that accepts the
// refund, so two refunds at once cannot both fit.
import type { Caller } from '../../access.ts';
import { type Clock, toIsoTime } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Sending } from '../../host.ts';
import { countRefunded } from '../../shop/refund-totals.ts';
import type { OrderView } from '../../shop/view.ts';
import { toRefunded } from './partial-moves.ts';

/** What changes the total of a named caller, and refuses what its key's cap leaves no room for. */
export const countRefund = (
  { principal, refundsPerDay = Number.POSITIVE_INFINITY }: Pick<Caller, 'principal' | 'refundsPerDay'>,
  body: unknown,
  clock: Clock,
): Sending<OrderView>['alongside'] => {
  if (principal === undefined) return undefined;
  const day = toIsoTime(clock.now()).slice(0, 10);
  return (rows, before) => {
    if (before.unreadable !== undefined) return;
    const amount = toRefunded(before, body);
    const { currency } = before;
    const left = countRefunded(rows, { principal, day, currency }, amount, refundsPerDay);
    if (left === undefined) return;
    const text = `This key gives back ${refundsPerDay} ${currency} (minor units) a day at most, with what other keys of ${principal} gave back; ${left} of it is left today.`;
    throw new AppError('refund-cap-reached', text);
  };
};
