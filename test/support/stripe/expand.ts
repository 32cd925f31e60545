// What `expand` asks for: objects in place of their ids, in an answer of the provider's double.
import { z } from 'zod';
import type { Account } from './account.ts';
import type { Params } from './objects.ts';

const intent = z.looseObject({
  object: z.literal('payment_intent'),
  id: z.string(),
  latest_charge: z.string(),
});
const refund = z.looseObject({ object: z.literal('refund'), payment_intent: z.string() });
const listed = z.looseObject({ object: z.literal('list'), data: z.array(z.unknown()) });

/** When the money of an intent was taken: the provider says it of the movement on the balance. */
const toBalanceTransaction = (on: Account, id: string) => {
  const taken = on.events().findLast(({ type, data }) => {
    return type === 'payment_intent.succeeded' && 'id' in data.object && data.object.id === id;
  });
  return taken && { id: 'txn_1', object: 'balance_transaction', created: taken.created };
};

const expandObject = (on: Account, paths: readonly string[], object: unknown): unknown => {
  const asIntent = intent.safeParse(object);
  if (asIntent.success && paths.some((path) => path.startsWith('latest_charge'))) {
    const { id, latest_charge } = asIntent.data;
    const charge = on.charge(latest_charge);
    const movement = paths.includes('latest_charge.balance_transaction') && toBalanceTransaction(on, id);
    return {
      ...asIntent.data,
      latest_charge: movement ? { ...charge, balance_transaction: movement } : charge,
    };
  }
  const asRefund = refund.safeParse(object);
  return asRefund.success && paths.includes('payment_intent')
    ? { ...asRefund.data, payment_intent: on.intent(asRefund.data.payment_intent) }
    : object;
};

/** An answer as it was asked for; in lists, paths begin with `data.`. */
export const expand = (on: Account, params: Params, body: unknown): unknown => {
  const paths = Object.entries(params).flatMap(([name, path]) =>
    name.startsWith('expand[') && path !== undefined ? [path] : [],
  );
  const list = listed.safeParse(body);
  if (!list.success) return expandObject(on, paths, body);
  const within = paths.flatMap((path) => (path.startsWith('data.') ? [path.slice('data.'.length)] : []));
  return { ...list.data, data: list.data.data.map((each) => expandObject(on, within, each)) };
};
