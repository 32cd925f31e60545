// The examination of a store of the shop by its address, as the command asks for it: opens what is to be examined, chooses
// how many threads examine, and closes everything again.
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import type { Application } from '../../application.ts';
import type { AuditSource } from '../../audit-source.ts';
import type { Clock } from '../../clock.ts';
import { type ExamineStore, openOutside } from '../../shop/audit/outside.ts';
import { shop } from '../../shop/shop.ts';
import { createExamine } from '../examine.ts';

/** From so many orders on, starting threads costs less than they save. */
const manyOrders = 5000;
const maxWorkers = 4;

/** `open` opens a picture of the store at an address; `now` is ms since 1970. */
export const createExamineStore = (
  open: (address: string, application: Application, now: number) => Promise<AuditSource>,
  clock: Clock,
): ExamineStore => {
  const examineShop = createExamine(shop, workerModule);
  return async ({ address, application = shop, clockToleranceMs, replay = true, onProgress, ...files }) => {
    // The workers know the shop alone; any other application is examined in this thread.
    const examine = application === shop ? examineShop : createExamine(application);
    // First the store, then the rest: so the gateway's ledger can be ahead of the store, and never behind.
    const source = await open(address, application, clock.now());
    try {
      const { outside, close } = await openOutside(files);
      try {
        const workers = (await countOrders(source)) < manyOrders ? 0 : availableParallelism();
        return await examine(source, {
          ...(clockToleranceMs !== undefined && { clockToleranceMs }),
          outside,
          replay,
          workers: Math.min(workers, maxWorkers),
          ...(onProgress && { onProgress }),
        });
      } finally {
        close();
      }
    } finally {
      await source.close();
    }
  };
};

/** Examines orders of the shop in a thread of its own. */
export const workerModule = new URL(`./examiner.worker${extname(import.meta.url)}`, import.meta.url);

/** A store that cannot even be counted is for the examination to report. */
const countOrders = (source: AuditSource): Promise<number> => source.orderCount().catch(() => 0);
