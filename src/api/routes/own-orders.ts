// What a key lists and places: one that is bound to a customer that customer's orders, and nothing of others; and only some name
// amounts beside the products. It knows no route.
import { type Caller, scopes } from '../../access.ts';
import { AppError } from '../../errors.ts';
import type { OrderAccess } from '../../host.ts';
import type { OrderView } from '../../shop/view.ts';
import type { OrderFilter } from '../../store.ts';

/**
 * One page of orders that the caller may see. A page continues after what it may see, too, or the answer would say which
 * orders others have. @throws AppError `invalid-request`.
 */
export const listOrders = async (
  host: OrderAccess<OrderView>,
  filter: OrderFilter,
  { owner }: Pick<Caller, 'owner'>,
): Promise<readonly OrderView[]> => {
  if (owner === undefined) return host.list(filter);
  const { after } = filter;
  if (after !== undefined && (await host.get(after))?.owner !== owner) {
    throw new AppError('invalid-request', `There is no order ${after} to continue after.`);
  }
  return host.list({ ...filter, owner });
};

/** @throws AppError `scope-missing` if the caller orders for another customer than its own. */
export const requireOwnBasket = ({ owner }: Caller, customerId: string): void => {
  if (owner === undefined || owner === customerId) return;
  throw new AppError('scope-missing', `This key is bound to the customer ${owner}, and orders for no other.`);
};

/** @throws AppError `scope-missing` if there are amounts beside the products, and the caller may not set any. */
export const requireMayPrice = (caller: Caller, adjustments: readonly unknown[] = []): void => {
  if (adjustments.length === 0 || caller.may('orders:price')) return;
  const text = `Adjustments need a key with the scope orders:price: ${scopes['orders:price']}.`;
  throw new AppError('scope-missing', text);
};
