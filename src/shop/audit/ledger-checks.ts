// The journal against the gateway's own ledger, order by order. The ledger is read later than the store, so it may be
// ahead, never behind: what the gateway did after the picture was taken is no violation.
import { type AuditedEvent, type AuditTerms, numberIn, type Results, textIn } from '../../audit.ts';
import type { ShopCheck } from './checks.ts';
import type { LedgerEntry } from './gateway-ledger.ts';
import type { ShopOrder } from './shop-order.ts';

type ShopResults = Results<ShopCheck>;
type Entries = readonly LedgerEntry[];

/** What the gateway did for an order that does not exist. */
export const checkLedgerOfOrphan = (
  orderId: string,
  entries: Entries,
  { takenAt }: AuditTerms,
  results: ShopResults,
): void => {
  for (const { at, line, result } of entries) {
    const problem = () => `line ${line} (${result}) is for an order that does not exist`;
    results.expect('decidedBeforeDone', orderId, at >= takenAt, problem);
  }
};

export const checkLedger = (
  order: ShopOrder,
  entries: Entries,
  terms: AuditTerms,
  results: ShopResults,
): void => {
  checkDecided(order, entries, terms, results);
  checkTaken(order, entries, results);
  checkEntries(order, entries, results);
  checkClaims(order, entries, results);
  const isComplete = entries.every(({ at }) => at < terms.takenAt);
  if (!order.isAtRest || !isComplete) return;
  checkAgreement(order, entries, results);
  checkAuthorizations(order, entries, results);
};

const checkDecided = (
  { orderId, keys }: ShopOrder,
  entries: Entries,
  { takenAt, clockToleranceMs }: AuditTerms,
  results: ShopResults,
): void => {
  for (const { line, key, at, result } of entries) {
    results.count('decidedBeforeDone');
    const decidedAt = keys.get(key);
    const report = (problem: string) =>
      results.violate('decidedBeforeDone', orderId, `line ${line} (${result}, key ${key}) ${problem}`);
    if (decidedAt === undefined) {
      if (at < takenAt) report('was never decided');
    } else if (at + clockToleranceMs < decidedAt) report('was done before it was decided');
  }
};

/** At any time no more than the total is taken, and no more than one charge stands. */
const checkTaken = ({ orderId, total }: ShopOrder, entries: Entries, results: ShopResults): void => {
  const left = new Map<string, number>();
  let taken = 0;
  for (const { line, result, amount, transactionId } of entries) {
    if (result === 'declined') continue;
    const id = transactionId ?? '';
    if (result === 'charged' || result === 'captured') taken += amount;
    if (result === 'refunded') taken -= amount;
    if (result === 'refunded') left.set(id, (left.get(id) ?? 0) - amount);
    else if (result === 'voided') left.delete(id);
    else left.set(id, amount);
    const standing = [...left.values()].filter((rest) => rest > 0).length;
    const isWithin = taken <= (total ?? 0) && standing <= 1;
    const problem = () =>
      `after line ${line} of the ledger ${taken} of ${total} is taken, ${standing} charges stand`;
    results.expect('chargedOnce', orderId, isWithin, problem);
  }
};

const checkEntries = (
  { orderId, total, currency }: ShopOrder,
  entries: Entries,
  results: ShopResults,
): void => {
  const used = new Set<string>();
  let taken = 0;
  for (const { line, key, result, amount, currency: paidIn } of entries) {
    results.expect('chargeNumbers', orderId, !used.has(key), () => `line ${line} uses the key ${key} again`);
    used.add(key);
    const isCharge = result === 'charged' || result === 'captured' || result === 'authorized';
    if (result === 'charged' || result === 'captured') taken += amount;
    if (result === 'refunded') taken -= amount;
    // A capture takes all that was authorised, or a part.
    const isCaptured = result === 'captured' && amount > 0 && amount <= (total ?? 0);
    const isRight = paidIn === currency && (!isCharge || amount === total || isCaptured) && taken >= 0;
    results.expect('amountsRight', orderId, isRight, () => `line ${line} is ${result} ${amount} ${paidIn}`);
  }
};

/** What must be in the ledger for an event to be true. */
const proofs: Readonly<
  Record<string, (entry: LedgerEntry, event: AuditedEvent, orderId: string) => boolean>
> = {
  'payment.completed': ({ result, amount, transactionId }, { fields }) =>
    (result === 'charged' || result === 'captured') &&
    amount === fields['amount'] &&
    transactionId === fields['transactionId'],
  'payment.authorized': ({ result, amount, transactionId }, { fields }) =>
    result === 'authorized' && amount === fields['amount'] && transactionId === fields['transactionId'],
  'payment.refunded': ({ result, amount, key }, { fields }, orderId) =>
    result === 'refunded' &&
    amount === fields['amount'] &&
    key === `${orderId}/refund/${textIn(fields, 'refundId')}`,
  'payment.cancelled': ({ result }) => result === 'voided',
};

const checkClaims = ({ orderId, eventsOf }: ShopOrder, entries: Entries, results: ShopResults): void => {
  for (const event of eventsOf(...Object.keys(proofs))) {
    const { seq, type, fields } = event;
    const isTrue = entries.some((entry) => proofs[type]?.(entry, event, orderId));
    const problem = () => `event ${seq} (${type} ${numberIn(fields, 'amount') ?? ''}) is not in the ledger`;
    results.expect('claimsProved', orderId, isTrue, problem);
  }
};

const checkAgreement = (
  { orderId, order, taken, returned }: ShopOrder,
  entries: Entries,
  results: ShopResults,
): void => {
  const sum = (...of: readonly string[]) =>
    entries.reduce((all, { result, amount }) => (of.includes(result) ? all + amount : all), 0);
  const gateway = { taken: sum('charged', 'captured'), returned: sum('refunded') };
  const agrees = gateway.taken === taken && gateway.returned === returned;
  const problem = () =>
    `it is ${order.state}; the journal says ${taken} taken and ${returned} given back, ` +
    `the gateway ${gateway.taken} and ${gateway.returned}`;
  results.expect('ledgersAgree', orderId, agrees, problem);
};

const checkAuthorizations = ({ orderId }: ShopOrder, entries: Entries, results: ShopResults): void => {
  const ended = new Set(
    entries
      .filter(({ result }) => result === 'captured' || result === 'voided')
      .map(({ transactionId }) => transactionId),
  );
  for (const { line, result, transactionId } of entries) {
    if (result !== 'authorized' || ended.has(transactionId)) continue;
    const problem = `line ${line} is an authorization that is neither captured nor voided`;
    results.violate('ledgersAgree', orderId, problem);
  }
};
