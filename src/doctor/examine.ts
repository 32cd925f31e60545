// The examination of one application's store: every invariant that can be checked, on one consistent picture, page by
// page. It reads, and never changes, stops or repairs anything. It knows no application but the one that it is given.
import type { Application } from '../application.ts';
import type { Audit, AuditTerms, Examination, Examine, Results } from '../audit.ts';
import {
  type AuditSource,
  compareIds,
  createOrderCursor,
  type Fields,
  findNextOrder,
  type OrderCursor,
  type OrderRecords,
} from '../audit-source.ts';
import { AppError } from '../errors.ts';
import type { Examined } from './audited-order.ts';
import { engineChecks } from './checks.ts';
import { examineOrder, toExamined } from './examine-order.ts';
import { toReport } from './report.ts';
import { type CollectedResults, createResults } from './results.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

const fiveMinutes = 300_000;

/**
 * Examines stores of `application`. `workerModule` examines the same application in a thread of its own
 * (examiner.ts); without one, everything is examined in this thread.
 */
export const createExamine = (application: Application, workerModule?: URL): Examine => {
  const examined = toExamined(application);
  return async (source, given = {}) => {
    const results = createResults();
    const terms: AuditTerms = {
      takenAt: source.takenAt,
      clockToleranceMs: given.clockToleranceMs ?? fiveMinutes,
      replay: given.replay ?? true,
      atRest: given.atRest ?? false,
    };
    const pool =
      given.workers && workerModule
        ? createWorkerPool(given.workers, workerModule, terms, results)
        : createThisThread(examined, terms, results);
    try {
      const orders = await examineParts(application.audit, source, given, pool, results);
      return toReport({ ...engineChecks, ...application.audit?.checks }, results.data(), orders, given);
    } finally {
      await pool.close();
    }
  };
};

/** Returns the number of orders. What cannot be read ends its own part and no other. */
const examineParts = async (
  audit: Audit | undefined,
  source: AuditSource,
  given: Examination,
  pool: WorkerPool,
  results: Results,
): Promise<number> => {
  let orders = 0;
  let of = 0;
  const part = async (doing: string, check: (report: () => void) => Promise<void>): Promise<void> => {
    const report = () => given.onProgress?.({ doing, orders, of });
    try {
      report();
      await check(report);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'store-unavailable') throw error;
      const problem = `${error.message}; ${doing} could not be examined to the end`;
      results.violate('storageIntact', 'the store', problem);
    }
  };
  await part('the store', async (report) => {
    of = await source.orderCount();
    for await (const { about, problems } of source.storage()) {
      results.count('storageIntact');
      for (const problem of problems) results.violate('storageIntact', about, problem);
      report();
    }
  });
  await part('the orders', async (report) => {
    for await (const page of gatherRecords(source, given)) {
      await pool.examine(page);
      orders += page.filter(({ order }) => order !== undefined).length;
      report();
    }
  });
  await pool.finish();
  if (audit) await part('the tables', () => audit.checkTables(source, results));
  await part('idempotency keys', () => checkIdempotencyKeys(source, results));
  return orders;
};

const createThisThread = (examined: Examined, terms: AuditTerms, results: CollectedResults): WorkerPool => ({
  examine: async (page) => {
    for (const records of page) examineOrder(examined, records, terms, results);
  },
  finish: async () => {},
  close: async () => {},
});

/** Each order's records with what is kept elsewhere of it; and what is kept of orders that the store does not have. */
const gatherRecords = async function* (
  source: AuditSource,
  { outside = {} }: Examination,
): AsyncIterable<readonly OrderRecords[]> {
  const cursors = Object.entries(outside).map(([name, records]) => {
    const cursor = createOrderCursor(
      records.entries(),
      ({ orderId }) => orderId,
      (entry): Fields => ({ ...entry }),
    );
    return [name, cursor] as const;
  });
  for await (const page of source.orders()) {
    yield page.flatMap((records) => {
      const { orderId } = records;
      const rows = { ...records.rows, ...takeRows(cursors, orderId) };
      return [...takeOrphans(cursors, orderId), { ...records, rows }];
    });
  }
  yield takeOrphans(cursors, undefined);
};

type NamedCursors = readonly (readonly [name: string, cursor: OrderCursor<Fields>])[];

const takeRows = (cursors: NamedCursors, orderId: string): OrderRecords['rows'] =>
  Object.fromEntries(cursors.map(([name, cursor]) => [name, cursor.take(orderId)]));

/** What is kept elsewhere of orders before this one: of all that are left, without one. */
const takeOrphans = (cursors: NamedCursors, before: string | undefined): readonly OrderRecords[] => {
  const orphans: OrderRecords[] = [];
  for (;;) {
    const orderId = findNextOrder(cursors.map(([, cursor]) => cursor));
    if (orderId === undefined || (before !== undefined && compareIds(orderId, before) >= 0)) return orphans;
    orphans.push({ orderId, received: [], events: [], calls: [], rows: takeRows(cursors, orderId) });
  }
};

const checkIdempotencyKeys = async (source: AuditSource, results: Results): Promise<void> => {
  let last = { about: '', fingerprint: '' };
  for await (const page of source.idempotencyKeys()) {
    for (const { scope, key, fingerprint, orderId, status, orderExists, bodyNamesOrder } of page) {
      const about = `${scope} ${key}`;
      const report = (problem: string) => results.violate('keyHasOneAnswer', about, problem);
      results.count('keyHasOneAnswer');
      if (about === last.about) report('it is there twice');
      const isAboutOrder = orderId !== '';
      if (isAboutOrder && !orderExists) report(`it stands for the order ${orderId}, which does not exist`);
      else if (isAboutOrder && !bodyNamesOrder) report(`its answer is not about the order ${orderId}`);
      if (status < 200 || status > 299) report(`its answer has the status ${status}`);
      const isOne = about !== last.about || fingerprint === last.fingerprint;
      results.expect('keyHasOneRequest', about, isOne, () => 'it was used for two requests');
      if (fingerprint === '') results.violate('keyHasOneRequest', about, 'it has no fingerprint');
      last = { about, fingerprint };
    }
  }
};
