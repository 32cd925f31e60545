// The server of the HTTP runs: the whole Orderchart, listening, with instant services. It says where it
// listens, and what it used between `begin` and `end`; `stop` ends it.
import type { RawFigures } from './figures.ts';
import { sinceUse, takeUse } from './own-use.ts';
import { openShop, requireOutcome } from './shop.ts';
import type { TaskOf } from './tasks.ts';

export const serve = async (
  { path, before = 0 }: TaskOf<'serve'>,
  report: (figures: RawFigures) => void,
): Promise<void> => {
  const shop = await openShop({ path });
  const address = await shop.api.listen({ host: '127.0.0.1', port: 0 });
  const stopped = Promise.withResolvers<void>();
  let start = takeUse();
  process.on('message', (word) => {
    if (word === 'begin') start = takeUse();
    if (word === 'end') report(sinceUse(start, 1));
    if (word === 'stop') stopped.resolve();
  });
  report({ port: Number(new URL(address).port) });
  await stopped.promise;
  const { ordersByState } = await shop.store.figures();
  const orders = Object.values(ordersByState).reduce((sum, count) => sum + count, 0);
  await requireOutcome(shop, { orders, before });
  await shop.close();
};
