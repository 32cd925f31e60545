// Everything that is checked of one order, by the engine and by its application. Pure: an order's records go in,
// results come out; so an order can be examined in any thread.
import { type Application, toChartSystem } from '../application.ts';
import type { AuditTerms, Results } from '../audit.ts';
import type { OrderRecords } from '../audit-source.ts';
import { describeError } from '../errors.ts';
import { limitsWithoutPlans } from '../limits.ts';
import { registerSystem } from '../step/register.ts';
import { type Examined, toAuditedOrder } from './audited-order.ts';
import { checkCalls } from './call-checks.ts';
import { checkHistory, checkOrphan } from './history-checks.ts';

export const toExamined = (application: Application): Examined => ({
  application,
  system: registerSystem(toChartSystem(application), limitsWithoutPlans),
});

export const examineOrder = (
  examined: Examined,
  records: OrderRecords,
  terms: AuditTerms,
  results: Results,
): void => {
  try {
    checkRecords(examined, records, terms, results);
  } catch (error) {
    // A broken file can hold anything: what cannot be read is reported, and the other orders are examined.
    const problem = `it could not be examined to the end: ${describeError(error)}`;
    results.violate('storageIntact', records.orderId, problem);
  }
};

const checkRecords = (
  examined: Examined,
  records: OrderRecords,
  terms: AuditTerms,
  results: Results,
): void => {
  const { application } = examined;
  const { orderId, order } = records;
  if (order === undefined) {
    checkOrphan(records, results);
    application.audit?.checkOrphan(records, terms, results);
    return;
  }
  const audited = toAuditedOrder(examined, records, order, terms.replay, results);
  checkHistory(application, audited, results);
  checkCalls(application, audited, results);
  application.audit?.checkOrder(audited, terms, results);
  if (!terms.atRest || order.unreadable !== null) return;
  const isQuiet = audited.isAtRest || order.incident;
  const problem = () => `it is ${order.state}, and should have settled`;
  results.expect('settledIsQuiet', orderId, isQuiet, problem);
  const { length } = records.calls;
  results.expect('settledIsQuiet', orderId, length === 0, () => `${length} calls are still to be made`);
};
