// The messages of an order, read from the store page by page.
import { limits } from '../limits.ts';
import type { Received } from '../step/effect.ts';
import type { Store } from '../store.ts';

/** Messages up to the version `last`, the oldest first. */
export const readHistory = async (
  store: Pick<Store, 'received'>,
  orderId: string,
  last = Number.POSITIVE_INFINITY,
): Promise<readonly Received[]> => {
  const messages: Received[] = [];
  for (;;) {
    const limit = Math.min(limits.eventPage, last - messages.length);
    if (limit <= 0) return messages;
    const page = await store.received(orderId, messages.length, limit);
    messages.push(...page);
    if (page.length < limit) return messages;
  }
};
