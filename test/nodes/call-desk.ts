// A gateway whose first calls never come back, as those of a node that is about to go.
import type { ShopService } from '../../src/shop/services.ts';

export const createCallDesk = () => {
  const asked = Promise.withResolvers<void>();
  const gateway: ShopService<'gateway'> = {
    name: 'gateway',
    place: 'outside',
    answer: ({ signal }) => {
      asked.resolve();
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
  };
  return { gateway, untilAsked: () => asked.promise };
};
