// The audit of an environment whose service has stopped: the doctor, the clients' history against the store, and the
// mail server's ledger. It reads files alone and trusts no process.

import type { KeyRow } from '../../src/audit-source.ts';
import { systemClock } from '../../src/clock.ts';
import { isPostgresUrl } from '../../src/config.ts';
import { examineStore } from '../../src/main.ts';
import { shop } from '../../src/shop/shop.ts';
import { openPostgresAuditSource } from '../../src/stores/postgres/audit-source.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { checkHistory, type Stored, type Violation } from './check-history.ts';
import { checkMails, toMailEntries, toPaymentEntries } from './check-mails.ts';
import { readLines } from './durable-lines.ts';
import type { Environment } from './environment.ts';
import { readHistory } from './history.ts';

export interface AuditReport {
  readonly orders: number;
  /** Orders by the state in which they were settled. */
  readonly states: Readonly<Record<string, number>>;
  /** Requests that the clients sent. */
  readonly requests: number;
  readonly violations: readonly Violation[];
}

interface AuditOptions {
  /** The store, if it is not where the service had it. */
  readonly store?: string;
  /** How far the gateway's clock may be behind the service's. */
  readonly clockToleranceMs?: number;
  /** Whether every order's messages are replayed. They never change, so once at the end is enough. */
  readonly replay?: boolean;
}

export const audit = async (
  environment: Pick<Environment, 'paths'>,
  options: AuditOptions = {},
): Promise<AuditReport> => {
  const { paths } = environment;
  const { store = paths.store } = options;
  const found = await runDoctor(environment, options);
  const { stored, states } = await readStored(store);
  const requests = await readHistory(paths.history);
  const mails = toMailEntries(await readLines(paths.mailLedger));
  const payments = toPaymentEntries(await readLines(paths.gatewayLedger));
  const counts: Record<string, number> = {};
  for (const state of states.values()) counts[state] = (counts[state] ?? 0) + 1;
  return {
    orders: stored.moves.size,
    states: counts,
    requests: requests.length,
    violations: [...found, ...checkHistory(requests, stored), ...checkMails(states, mails, payments)],
  };
};

/** The doctor's findings, at any time: also after a service was killed. */
export const runDoctor = async (
  { paths }: Pick<Environment, 'paths'>,
  { store = paths.store, clockToleranceMs, replay = true }: AuditOptions = {},
): Promise<readonly Violation[]> => {
  const { checks } = await examineStore({
    address: store,
    gatewayLedger: paths.gatewayLedger,
    mailDirectory: paths.mails,
    ...(clockToleranceMs !== undefined && { clockToleranceMs }),
    replay,
    onProgress: () => undefined,
  });
  return checks.flatMap(({ invariant, findings }) =>
    findings.map(({ about, problem }) => ({ invariant, about, problem })),
  );
};

/** What the store holds, and the state of each settled order. */
const readStored = async (
  address: string,
): Promise<{ stored: Stored; states: ReadonlyMap<string, string> }> => {
  const source = isPostgresUrl(address)
    ? await openPostgresAuditSource(
        address,
        { name: 'shop', tables: shop.tables?.postgres },
        systemClock.now(),
      )
    : openAuditSource(address, shop, systemClock.now());
  try {
    const moves = new Map<string, readonly string[]>();
    const states = new Map<string, string>();
    for await (const page of source.orders()) {
      for (const { orderId, order, received } of page) {
        if (order === undefined) continue;
        const applied = received.filter(({ disposition }) => disposition === 'applied');
        moves.set(
          orderId,
          applied.map(({ type }) => type),
        );
        if (order.settled) states.set(orderId, order.state);
      }
    }
    const keys: KeyRow[] = [];
    for await (const page of source.idempotencyKeys()) keys.push(...page);
    return { stored: { moves, keys }, states };
  } finally {
    await source.close();
  }
};
