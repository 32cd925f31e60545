// Orders that the gateway knows and the store does not: what was placed after a copy was made, and lost with its restore. It
// reads both, and changes neither.
import type { Store } from '../../store.ts';
import type { LedgerEntry } from './gateway-ledger.ts';
import { readGatewayLedger } from './gateway-ledger-file.ts';

/** What the gateway took for an order, less what it gave back, in minor units. */
export interface UnknownOrder {
  readonly orderId: string;
  readonly taken: number;
  readonly currency: string;
}

const pageOrders = 500;

/** @throws AppError `invalid-setting` when the ledger cannot be read. */
export const findUnknownOrders = async (
  ledgerPath: string,
  store: Pick<Store, 'load'>,
): Promise<readonly UnknownOrder[]> => {
  const ledger = await readGatewayLedger(ledgerPath);
  try {
    const unknown: UnknownOrder[] = [];
    let page = new Map<string, UnknownOrder>();
    const finish = async () => {
      const known = await store.load([...page.keys()]);
      for (const order of page.values()) if (!known.has(order.orderId)) unknown.push(order);
      page = new Map();
    };
    for (const entry of ledger.entries()) {
      const { orderId, currency } = entry;
      if (page.size === pageOrders && !page.has(orderId)) await finish();
      const taken = (page.get(orderId)?.taken ?? 0) + toTaken(entry);
      page.set(orderId, { orderId, taken, currency });
    }
    await finish();
    return unknown;
  } finally {
    ledger.close();
  }
};

const toTaken = ({ result, amount }: LedgerEntry): number => {
  if (result === 'charged' || result === 'captured') return amount;
  return result === 'refunded' ? -amount : 0;
};
