// Everything that is checked of one order. Pure: a case goes in, the tally grows; so a case can be examined in
// any thread.
import type { Dossier } from '../evidence.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { checkEnd } from './end-checks.ts';
import { type Case, toFacts } from './facts.ts';
import { checkHistory, checkOrphan } from './history-checks.ts';
import { checkLedger, checkLedgerOfNobody, type LedgerTerms } from './ledger-checks.ts';
import { checkMoney } from './money-checks.ts';
import { checkReservation } from './stock-checks.ts';
import type { Tally } from './tally.ts';

/** How cases are examined. Plain data. */
export interface Terms extends LedgerTerms {
  readonly replay: boolean;
  /** Everything has come to rest, it is said: then no order may move any more. */
  readonly atRest: boolean;
}

const isTraced = ({ received, events, calls, reservations, shares, stock }: Dossier): boolean =>
  [received, events, calls, reservations, shares, stock].some(({ length }) => length > 0);

export const examineCase = (system: RegisteredSystem, given: Case, terms: Terms, tally: Tally): void => {
  const { dossier, ledger } = given;
  const { orderId, order } = dossier;
  if (order === undefined) {
    if (isTraced(dossier)) checkOrphan(dossier, tally);
    checkLedgerOfNobody(orderId, ledger ?? [], terms, tally);
    return;
  }
  const facts = toFacts(system, dossier, order, terms.replay, tally);
  checkHistory(facts, tally);
  checkReservation(facts, tally);
  checkMoney(facts, tally);
  checkEnd(facts, given, terms.takenAt, tally);
  if (ledger) checkLedger(facts, ledger, terms, tally);
  if (!terms.atRest || order.unreadable !== null) return;
  const isQuiet = facts.isAtRest || order.incident;
  tally.expect('atRest', orderId, isQuiet, () => `it is ${order.state}, and should have come to rest`);
  const { length } = dossier.calls;
  tally.expect('atRest', orderId, length === 0, () => `${length} calls are still to be made`);
};
