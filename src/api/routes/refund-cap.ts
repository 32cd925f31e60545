// The cap on what a key gives back in one day. The total is a row of the shop, changed in the commit that accepts the
// refund, so two refunds at once cannot both fit. It knows no route.
import { z } from 'zod';
import type { Caller } from '../../access.ts';
import { type Clock, toIsoTime } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Sending } from '../../host.ts';
import { countRefunded } from '../../shop/refund-totals.ts';
import type { OrderView } from '../../shop/view.ts';

const refund = z.object({ amount: z.int().optional() });

/** What changes the total, if the caller's key has a cap. */
export const countRefund = (
  { principal, refundsPerDay }: Pick<Caller, 'principal' | 'refundsPerDay'>,
  body: unknown,
  clock: Clock,
): Sending<OrderView>['alongside'] => {
  if (principal === undefined || refundsPerDay === undefined) return undefined;
  const asked = refund.parse(body).amount;
  const day = toIsoTime(clock.now()).slice(0, 10);
  return (rows, before) => {
    if (before.unreadable !== undefined) return;
    const amount = asked ?? before.moves.find(({ move }) => move === 'refund')?.upTo ?? 0;
    const { currency } = before;
    const left = countRefunded(rows, { principal, day, currency }, amount, refundsPerDay);
    if (left === undefined) return;
    const text = `This key gives back ${refundsPerDay} ${currency} (minor units) a day at most, and ${left} of it is left today.`;
    throw new AppError('refund-cap-reached', text);
  };
};
