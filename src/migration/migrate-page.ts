// One page of a migration: finds the orders, moves or rehearses them, and groups what became of them. It looks at a few
// orders at a time, so that whatever else its host does goes on in between. It knows no store and no application.
import type { Clock } from '../clock.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { MigrationOutcome, OrderMigration } from '../host.ts';
import {
  type MigratePage,
  type MigratingHost,
  type MigrationGroup,
  type MigrationPageRequest,
  mergeGroups,
} from '../migration.ts';

/** Orders that are read, decided and committed together. */
const portion = 50;

/** A host that is overloaded is asked again, some seconds long. */
const again = { ms: 100, times: 50 } as const;

type PageClock = Pick<Clock, 'soon' | 'schedule'>;

interface LookedAt {
  readonly orderId: string;
  readonly from: string;
  readonly state: string;
  readonly outcome: MigrationOutcome;
}

/** @throws what `host` throws: AppError `invalid-request` for an unknown version or cursor, `overloaded`, `closing`. */
export const createMigratePage =
  (host: MigratingHost, clock: PageClock): MigratePage =>
  async (request) => {
    // Of no order: it refuses a version that is not known, also where there is nothing to move.
    await host.rehearse(request.to, { chartVersions: [], limit: 1 });
    const groups: MigrationGroup[] = [];
    let { after } = request;
    let orders = 0;
    while (orders < request.limit) {
      const limit = Math.min(portion, request.limit - orders);
      const lookedAt = await look(host, clock, request, { limit, ...(after !== undefined && { after }) });
      groups.push(...lookedAt.map(toGroup));
      orders += lookedAt.length;
      after = lookedAt.at(-1)?.orderId ?? after;
      if (lookedAt.length < limit) return { next: null, orders, groups: mergeGroups(groups) };
      await new Promise<void>((done) => clock.soon(done));
    }
    return { next: after ?? null, orders, groups: mergeGroups(groups) };
  };

const look = async (
  host: MigratingHost,
  clock: PageClock,
  { to, why, who, principal, dryRun, back, filter }: MigrationPageRequest,
  page: { readonly limit: number; readonly after?: string },
): Promise<readonly LookedAt[]> => {
  const { from, ...rest } = filter;
  const versions = from === undefined ? { notChartVersion: to } : { chartVersions: from };
  const listed = { ...rest, ...versions, ...page };
  if (dryRun) {
    const rehearsed = await host.rehearse(to, listed, back);
    return rehearsed.map(({ chartVersion, ...order }) => ({ ...order, from: chartVersion }));
  }
  const views = await host.list(listed);
  const moved = await Promise.allSettled(
    views.map(async ({ id: orderId, chartVersion, state, unreadable }): Promise<LookedAt> => {
      const outcome: MigrationOutcome =
        unreadable === undefined
          ? await move(host, clock, { orderId, to, why, who, principal, back })
          : { kind: 'unreadable', text: unreadable };
      return { orderId, from: chartVersion, state, outcome };
    }),
  );
  // Every order of the portion is done before a failure is reported.
  return moved.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
};

/** The order changes all the time, or cannot be stored on the other version. */
const ofOneOrder: ReadonlySet<string> = new Set<ErrorCode>(['version-mismatch', 'invalid-request']);

/** A refusal of this one order is its outcome, and does not stop the others. */
const move = async (
  host: MigratingHost,
  clock: PageClock,
  migration: OrderMigration,
  tries = 1,
): Promise<MigrationOutcome> => {
  try {
    return await host.migrate(migration);
  } catch (error) {
    if (error instanceof AppError && error.code === 'overloaded' && tries < again.times) {
      await new Promise<void>((done) => clock.schedule(done, again.ms));
      return move(host, clock, migration, tries + 1);
    }
    const isOfOrder = error instanceof AppError && ofOneOrder.has(error.code);
    if (isOfOrder) return { kind: 'stuck', text: error.message };
    throw error;
  }
};

const toGroup = ({ orderId, from, state, outcome }: LookedAt): MigrationGroup => ({
  from,
  // As in lists, where the row of such an order says nothing.
  state: outcome.kind === 'unreadable' ? 'unreadable' : state,
  ...toOutcome(outcome),
  count: 1,
  examples: [orderId],
});

const toOutcome = (outcome: MigrationOutcome): Pick<MigrationGroup, 'outcome' | 'reasons'> => {
  switch (outcome.kind) {
    case 'moved':
      return outcome.changes.length === 0
        ? { outcome: 'moves', reasons: [] }
        : { outcome: 'moves-with-changes', reasons: [...outcome.changes] };
    case 'needs-rule':
    case 'stuck':
    case 'unreadable':
      return { outcome: outcome.kind, reasons: [outcome.text] };
    case 'already-there':
      return { outcome: 'already-there', reasons: [] };
    case 'not-migrated':
      return { outcome: 'not-moved', reasons: [] };
  }
};
