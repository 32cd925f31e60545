// The examination of a store by its path, as the command asks for it: opens what is to be looked at, chooses
// how many threads look, and closes everything again.
import { availableParallelism } from 'node:os';
import type { Clock } from '../clock.ts';
import type { Evidence, ExamineStore } from '../evidence.ts';
import { examine } from './examine.ts';
import { readGatewayLedger } from './gateway-ledger.ts';

/** From so many orders on, starting threads costs less than they save. */
const manyOrders = 5000;
const mostWorkers = 4;

/** `open` opens the evidence at a path; `now` is ms since 1970. */
export const createExamineStore =
  (open: (path: string, now: number) => Evidence, clock: Clock): ExamineStore =>
  async ({ path, gatewayLedger, mailDirectory, clockToleranceMs, replay, onProgress }) => {
    // First the store, then the ledger: so the ledger can be ahead of the store, and never behind.
    const evidence = open(path, clock.now());
    try {
      const ledger = gatewayLedger === undefined ? undefined : await readGatewayLedger(gatewayLedger);
      try {
        const workers = (await countOrders(evidence)) < manyOrders ? 0 : availableParallelism();
        return await examine(evidence, {
          ...(ledger && { ledger }),
          ...(mailDirectory !== undefined && { mailDirectory }),
          ...(clockToleranceMs !== undefined && { clockToleranceMs }),
          replay,
          workers: Math.min(workers, mostWorkers),
          onProgress,
        });
      } finally {
        ledger?.close();
      }
    } finally {
      await evidence.close();
    }
  };

/** A store that can't even be counted is for the examination to report. */
const countOrders = (evidence: Evidence): Promise<number> => evidence.orderCount().catch(() => 0);
