// An order with as many messages as a test wants, for what replays of long orders cost.
import type { ShopHost } from '../../src/shop/placement.ts';
import { sample } from '../hosts/harness.ts';

let facts = 0;
/** Adds so many messages to an order, each of which changes nothing. */
export const lengthen = async (host: ShopHost, orderId: string, count: number): Promise<void> => {
  await Promise.all(
    Array.from({ length: count }, () => {
      facts += 1;
      return host.send({
        orderId,
        to: 'payment',
        messageId: `fact-${facts}`,
        message: { type: 'gateway.voided', key: 'other', attempt: 1 },
        otherwise: 'record',
      });
    }),
  );
};

export const placeLong = async (host: ShopHost, orderId: string, count: number): Promise<void> => {
  await host.place({ ...sample, orderId });
  await lengthen(host, orderId, count);
};
