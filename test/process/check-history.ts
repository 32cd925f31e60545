// What only a client can tell: its own history held against what is stored afterwards. It trusts neither the
// answers nor the store, only that both must say the same (I1 to I6 of the invariants, and moves made once).
import type { Finding, KeyRow } from '../../src/evidence.ts';
import type { Request } from './history.ts';

/** What is stored, read without the service. */
export interface Stored {
  /** The moves that each order recorded as applied, by its id: `order.cancel`, `order.refund` … */
  readonly moves: ReadonlyMap<string, readonly string[]>;
  readonly keys: readonly KeyRow[];
}
export interface Violation extends Finding {
  readonly invariant: string;
}

const scopeOf = ({ op, orderId }: Request): string => (op === 'place' ? 'orders' : `orders/${orderId}/${op}`);
const nameOf = (scope: string, key: string): string => `${scope} ${key}`;
const isDone = ({ status }: Request): boolean => status !== null && status < 300;
/** The client was told that nothing was done, and will not be; 409 for a key in use says nothing of that. */
const isRefused = ({ status, problem }: Request): boolean =>
  status !== null &&
  status >= 400 &&
  status < 500 &&
  status !== 429 &&
  problem !== '/problems/idempotency-key-in-use';

type Report = (invariant: string, about: string, problem: string) => void;

/** All that does not hold. */
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
  checkNothingFromNowhere(byKey, stored, report);
  checkMoves(requests, stored, report);
  checkAccounts(requests, report);
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
      report('I1', name, `it was answered ${status} for the order ${answeredOrderId}, which is not there`);
    }
    if (row === undefined) report('I1', name, `it was answered ${status}, and the key is not stored`);
    else if (row.orderId !== answeredOrderId || row.fingerprint !== fingerprint) {
      report(
        'I1',
        name,
        `it was answered for ${answeredOrderId}; stored is another request (${row.orderId})`,
      );
    }
  }
};

const checkOneAnswer = (name: string, ofKey: readonly Request[], report: Report): void => {
  const done = ofKey.filter(isDone);
  const count = (what: (request: Request) => unknown) => new Set(done.map(what)).size;
  if (count(({ answeredOrderId }) => answeredOrderId) > 1) report('I2', name, 'it stood for several orders');
  if (count(({ status, bodyHash }) => `${status} ${bodyHash}`) > 1) {
    report('I2', name, 'it was not always given the same answer');
  }
  const accepted = new Set(done.map(({ fingerprint }) => fingerprint));
  if (accepted.size > 1) report('I3', name, 'two different requests were accepted');
  const others = ofKey.filter(({ fingerprint }) => accepted.size > 0 && !accepted.has(fingerprint));
  for (const { status, problem } of others) {
    if (isFinal(status) && problem !== '/problems/idempotency-key-reused' && status !== 409) {
      report('I3', name, `another request with this key was answered ${status} ${problem}`);
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
      report('I4', name, `it was refused with ${status}, and is stored`);
    }
  }
};

const checkNothingFromNowhere = (
  byKey: ReadonlyMap<string, readonly Request[]>,
  { moves, keys }: Stored,
  report: Report,
): void => {
  const placed = new Map<string, number>();
  for (const { scope, key, orderId } of keys) {
    const name = nameOf(scope, key);
    if (!byKey.has(name)) report('I5', name, 'nobody ever sent this key');
    if (scope === 'orders') placed.set(orderId, (placed.get(orderId) ?? 0) + 1);
  }
  for (const orderId of moves.keys()) {
    const count = placed.get(orderId) ?? 0;
    if (count !== 1) report('I5', orderId, `${count} keys stand for this order`);
  }
};

const messageOf = { cancel: 'order.cancel', capture: 'order.capture', refunds: 'order.refund' } as const;

/** A move is made at most once for its key, and as often as was said. */
const checkMoves = (requests: readonly Request[], { moves }: Stored, report: Report): void => {
  for (const op of ['cancel', 'capture', 'refunds'] as const) {
    const asked = Map.groupBy(
      requests.filter((request) => request.op === op),
      ({ orderId }) => orderId,
    );
    for (const [orderId, applied] of moves) {
      const made = applied.filter((type) => type === messageOf[op]).length;
      const ofOrder = asked.get(orderId) ?? [];
      const keys = new Set(ofOrder.map(({ key }) => key)).size;
      const said = new Set(ofOrder.filter(isDone).map(({ key }) => key)).size;
      if (made > keys) report('I5', orderId, `${messageOf[op]} was made ${made} times for ${keys} keys`);
      if (made < said)
        report('I1', orderId, `${messageOf[op]} was accepted ${said} times, made ${made} times`);
    }
  }
};

/** Offered is what was accepted, refused, turned away, failed or not answered: nothing is left over. */
const checkAccounts = (requests: readonly Request[], report: Report): void => {
  for (const request of requests) {
    const name = nameOf(scopeOf(request), request.key);
    if (request.endedAt === null) report('I6', name, 'the client does not know what came of it');
    else if (request.endedAt < request.at) report('I6', name, 'it ended before it began');
    const { status } = request;
    if (status !== null && status !== 503 && status >= 500) {
      report('I6', name, `it was answered ${status}: not done, refused or turned away`);
    }
  }
};
