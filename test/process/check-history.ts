// Checks that only clients can make: their history against what is stored afterwards. It trusts neither the answers
// nor the store; both must agree, and every move is made once.
import type { Finding } from '../../src/audit.ts';
import type { KeyRow } from '../../src/audit-source.ts';
import type { Request } from './history.ts';

/** The stored data, read without the service. */
export interface Stored {
  /** The moves that each order recorded as applied, by its id: `order.cancel`, `order.refund` … */
  readonly moves: ReadonlyMap<string, readonly string[]>;
  readonly keys: readonly KeyRow[];
}
export interface Violation extends Finding {
  readonly invariant: string;
}

const scopeOf = ({ operation, orderId }: Request): string =>
  operation === 'place' ? 'orders' : `orders/${orderId}/${operation}`;
const nameOf = (scope: string, key: string): string => `${scope} ${key}`;
const isDone = ({ status }: Request): boolean => status !== null && status < 300;
/** The answer says that nothing was or will be done; a key in use (409) leaves that open. */
const isRefused = ({ status, problem }: Request): boolean =>
  status !== null &&
  status >= 400 &&
  status < 500 &&
  status !== 429 &&
  problem !== '/problems/idempotency-key-in-use';

type Report = (invariant: string, about: string, problem: string) => void;

export const checkHistory = (requests: readonly Request[], stored: Stored): readonly Violation[] => {
  const found: Violation[] = [];
  const report: Report = (invariant, about, problem) => found.push({ invariant, about, problem });
  const byKey = Map.groupBy(requests, (request) => nameOf(scopeOf(request), request.key));
  const rows = new Map(stored.keys.map((row) => [nameOf(row.scope, row.key), row]));
  for (const [name, ofKey] of byKey) {
    checkAccepted(name, ofKey, rows.get(name), stored, report);
    checkOneAnswer(name, ofKey, report);
    checkRefused(name, ofKey, rows.get(name), report);
  }
  checkNothingUnrequested(byKey, stored, report);
  checkMoves(requests, stored, report);
  checkOutcomes(requests, report);
  return found;
};

const checkAccepted = (
  name: string,
  ofKey: readonly Request[],
  row: KeyRow | undefined,
  { moves }: Stored,
  report: Report,
): void => {
  for (const { answeredOrderId, fingerprint, status } of ofKey.filter(isDone)) {
    if (answeredOrderId === null || !moves.has(answeredOrderId)) {
      report(
        'acceptedIsStored',
        name,
        `answered ${status} for the order ${answeredOrderId}, which is not stored`,
      );
    }
    if (row === undefined) report('acceptedIsStored', name, `answered ${status}, but the key is not stored`);
    else if (row.orderId !== answeredOrderId || row.fingerprint !== fingerprint) {
      report(
        'acceptedIsStored',
        name,
        `answered for ${answeredOrderId}, but the key is stored for another request (${row.orderId})`,
      );
    }
  }
};

const checkOneAnswer = (name: string, ofKey: readonly Request[], report: Report): void => {
  const done = ofKey.filter(isDone);
  const count = (what: (request: Request) => unknown) => new Set(done.map(what)).size;
  if (count(({ answeredOrderId }) => answeredOrderId) > 1)
    report('oneAnswerPerKey', name, 'several orders were answered');
  if (count(({ status, bodyHash }) => `${status} ${bodyHash}`) > 1) {
    report('oneAnswerPerKey', name, 'the answers differ');
  }
  const accepted = new Set(done.map(({ fingerprint }) => fingerprint));
  if (accepted.size > 1) report('oneRequestPerKey', name, 'two different requests were accepted');
  const others = ofKey.filter(({ fingerprint }) => accepted.size > 0 && !accepted.has(fingerprint));
  for (const { status, problem } of others) {
    if (isFinal(status) && problem !== '/problems/idempotency-key-reused' && status !== 409) {
      report('oneRequestPerKey', name, `another request with this key was answered ${status} ${problem}`);
    }
  }
};

const isFinal = (status: number | null): boolean => status !== null && status < 500 && status !== 429;

const checkRefused = (
  name: string,
  ofKey: readonly Request[],
  row: KeyRow | undefined,
  report: Report,
): void => {
  const accepted = new Set(ofKey.filter(isDone).map(({ fingerprint }) => fingerprint));
  for (const { fingerprint, status } of ofKey.filter(isRefused)) {
    if (row?.fingerprint === fingerprint && !accepted.has(fingerprint)) {
      report('refusedLeavesNothing', name, `refused with ${status}, but stored`);
    }
  }
};

const checkNothingUnrequested = (
  byKey: ReadonlyMap<string, readonly Request[]>,
  { moves, keys }: Stored,
  report: Report,
): void => {
  const placed = new Map<string, number>();
  for (const { scope, key, orderId } of keys) {
    // Stock is adjusted by the test, which is none of the clients.
    if (orderId === '') continue;
    const name = nameOf(scope, key);
    if (!byKey.has(name)) report('nothingUnrequested', name, 'no client sent this key');
    if (scope === 'orders') placed.set(orderId, (placed.get(orderId) ?? 0) + 1);
  }
  for (const orderId of moves.keys()) {
    const count = placed.get(orderId) ?? 0;
    if (count !== 1) report('nothingUnrequested', orderId, `${count} keys are stored for this order`);
  }
};

const messageOf = { cancel: 'order.cancel', capture: 'order.capture', refunds: 'order.refund' } as const;

/** A move is made at most once for its key, and as often as it was accepted. */
const checkMoves = (requests: readonly Request[], { moves }: Stored, report: Report): void => {
  for (const operation of ['cancel', 'capture', 'refunds'] as const) {
    const sent = Map.groupBy(
      requests.filter((request) => request.operation === operation),
      ({ orderId }) => orderId,
    );
    for (const [orderId, applied] of moves) {
      const made = applied.filter((type) => type === messageOf[operation]).length;
      const ofOrder = sent.get(orderId) ?? [];
      const keys = new Set(ofOrder.map(({ key }) => key)).size;
      const accepted = new Set(ofOrder.filter(isDone).map(({ key }) => key)).size;
      if (made > keys)
        report(
          'nothingUnrequested',
          orderId,
          `${messageOf[operation]} was made ${made} times for ${keys} keys`,
        );
      if (made < accepted)
        report(
          'acceptedIsStored',
          orderId,
          `${messageOf[operation]} was accepted ${accepted} times, but made ${made} times`,
        );
    }
  }
};

/** Every request has an outcome, and none failed. */
const checkOutcomes = (requests: readonly Request[], report: Report): void => {
  for (const request of requests) {
    const name = nameOf(scopeOf(request), request.key);
    if (request.endedAt === null) report('everyRequestEnds', name, 'no outcome was recorded');
    else if (request.endedAt < request.at) report('everyRequestEnds', name, 'it ended before it began');
    const { status } = request;
    if (status !== null && status !== 503 && status >= 500) {
      report('everyRequestEnds', name, `answered ${status}`);
    }
  }
};
