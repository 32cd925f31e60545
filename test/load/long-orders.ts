// Orders with thousands of messages in a store that no service has open yet, for what replaying them costs a real service.
import { join } from 'node:path';
import pino from 'pino';
import { createOrderchart, readSettings } from '../../src/main.ts';
import { sample } from '../hosts/harness.ts';
import { lengthen } from '../inspector/long-order.ts';

interface LongOrders {
  readonly folder: string;
  /** The database, in the folder. */
  readonly database: string;
  readonly orders: number;
  /** Messages of each order, beside those that every order has. */
  readonly messages: number;
  readonly onHand: number;
}

/** Stores the orders and the products of the sample order; returns the orders' ids. */
export const storeLongOrders = async (wanted: LongOrders): Promise<readonly string[]> => {
  const { folder, database, orders, messages, onHand } = wanted;
  const shop = await createOrderchart(
    readSettings({
      ...{ PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0' },
      ...{ MAIL_DIR: join(folder, 'mail'), PAYMENT_LEDGER: join(folder, 'ledger.jsonl') },
      DATABASE_URL: `sqlite:${join(folder, database)}`,
    }),
    { logger: pino({ level: 'silent' }) },
  );
  const product = { name: 'Widget', unitPrice: 5000, currency: 'USD', onHand };
  for (const id of ['product-1', 'product-2']) await shop.catalogue.addProduct(id, product, Date.now());
  const ids = Array.from({ length: orders }, (_, number) => `long-${number}`);
  for (const orderId of ids) {
    await shop.host.place({ ...sample, orderId });
    await lengthen(shop.host, orderId, messages);
  }
  await shop.close();
  return ids;
};
