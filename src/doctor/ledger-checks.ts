// The journal against the gateway's own ledger, order by order. The ledger may be ahead of the store (it is
// read later), never behind: what it did after the picture was taken is not held against the journal.
import type { LedgerEntry } from '../evidence.ts';
import type { Event, Facts } from './facts.ts';
import { numberIn, textIn } from './json.ts';
import { toMoney } from './money-checks.ts';
import type { Tally } from './tally.ts';

export interface LedgerTerms {
  readonly takenAt: number;
  /** How far the gateway's clock may be behind ours, in ms. */
  readonly clockToleranceMs: number;
}

/** What the gateway did for an order that is not there. */
export const checkLedgerOfNobody = (
  orderId: string,
  entries: readonly LedgerEntry[],
  { takenAt }: LedgerTerms,
  tally: Tally,
): void => {
  for (const { at, line, result } of entries) {
    const isKnown = at >= takenAt;
    tally.expect(
      'intent',
      orderId,
      isKnown,
      () => `line ${line} (${result}) is for an order that is not there`,
    );
  }
};

export const checkLedger = (
  facts: Facts,
  entries: readonly LedgerEntry[],
  terms: LedgerTerms,
  tally: Tally,
): void => {
  checkIntents(facts, entries, terms, tally);
  checkTaken(facts, entries, tally);
  checkEntries(facts, entries, tally);
  checkClaims(facts, entries, tally);
  const isComplete = entries.every(({ at }) => at < terms.takenAt);
  if (facts.isAtRest && isComplete) checkAgreement(facts, entries, tally);
};

const checkIntents = (
  { orderId, intents }: Facts,
  entries: readonly LedgerEntry[],
  { takenAt, clockToleranceMs }: LedgerTerms,
  tally: Tally,
): void => {
  for (const { line, key, at, result } of entries) {
    tally.look('intent');
    const intent = intents.get(key);
    const name = `line ${line} (${result}, key ${key})`;
    if (intent === undefined) {
      if (at < takenAt) tally.violate('intent', orderId, `${name} was never decided`);
    } else if (at + clockToleranceMs < intent.at) {
      tally.violate('intent', orderId, `${name} was done before it was decided`);
    }
  }
};

/** At any time no more than the total is taken, and no more than one charge stands. */
const checkTaken = ({ orderId, total }: Facts, entries: readonly LedgerEntry[], tally: Tally): void => {
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
    const now = `${taken} of ${total} is taken, ${standing} charges stand`;
    tally.expect('chargedOnce', orderId, isWithin, () => `after line ${line} of the ledger ${now}`);
  }
};

const checkEntries = (facts: Facts, entries: readonly LedgerEntry[], tally: Tally): void => {
  const { orderId, total, currency } = facts;
  const used = new Set<string>();
  let taken = 0;
  for (const { line, key, result, amount, currency: paidIn } of entries) {
    tally.expect('keyDiscipline', orderId, !used.has(key), () => `line ${line} uses the key ${key} again`);
    used.add(key);
    const isCharge = result === 'charged' || result === 'captured' || result === 'authorized';
    if (result === 'charged' || result === 'captured') taken += amount;
    if (result === 'refunded') taken -= amount;
    const isRight = paidIn === currency && (!isCharge || amount === total) && taken >= 0;
    tally.expect('amounts', orderId, isRight, () => `line ${line} is ${result} ${amount} ${paidIn}`);
  }
};

/** What must be in the ledger for an event to be true. */
const proves: Readonly<Record<string, (entry: LedgerEntry, event: Event, orderId: string) => boolean>> = {
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

const checkClaims = ({ orderId, events }: Facts, entries: readonly LedgerEntry[], tally: Tally): void => {
  for (const event of events) {
    const isProof = proves[event.type];
    if (isProof === undefined) continue;
    const isTrue = entries.some((entry) => isProof(entry, event, orderId));
    const claim = `event ${event.seq} (${event.type} ${numberIn(event.fields, 'amount') ?? ''})`;
    tally.expect('claims', orderId, isTrue, () => `${claim} is not in the ledger`);
  }
};

const checkAgreement = (facts: Facts, entries: readonly LedgerEntry[], tally: Tally): void => {
  const { orderId, order } = facts;
  const sum = (...results: readonly string[]) =>
    entries.reduce((all, { result, amount }) => (results.includes(result) ? all + amount : all), 0);
  const { taken, returned } = toMoney(facts);
  const gateway = { taken: sum('charged', 'captured'), returned: sum('refunded') };
  const agrees = gateway.taken === taken && gateway.returned === returned;
  tally.expect(
    'ledgersAgree',
    orderId,
    agrees,
    () =>
      `it is ${order.state}; the journal says ${taken} taken and ${returned} given back, ` +
      `the gateway ${gateway.taken} and ${gateway.returned}`,
  );
  const ended = new Set(
    entries
      .filter(({ result }) => result === 'captured' || result === 'voided')
      .map(({ transactionId }) => transactionId),
  );
  for (const { line, result, transactionId } of entries) {
    if (result !== 'authorized' || ended.has(transactionId)) continue;
    tally.violate('ledgersAgree', orderId, `line ${line} holds money that is neither captured nor set free`);
  }
};
