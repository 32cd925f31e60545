// `orderchart migrate`: moves stored orders to another chart version, or rehearses that, through the service that holds the
// store or with the file opened by itself. Exit code 0: all are moved, or would be; 1: some are not.
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { type Clock, toIsoTime } from '../clock.ts';
import { isPostgresUrl } from '../config.ts';
import type { ServiceClient, StoreAccess } from '../local-socket.ts';
import {
  isTrouble,
  type MigratePage,
  type MigrationFilter,
  type MigrationPageRequest,
  migrationPage,
  type OfflineMigrations,
} from '../migration.ts';
import { readStoreAddress } from './database-flag.ts';
import { invalidFlag, toAge, toCount } from './flag-values.ts';
import { toCounts, toText } from './migration-report.ts';
import { type Progress, runPages, usualRate } from './paced-pages.ts';

const help = `Usage: orderchart migrate --to VERSION [--dry-run] [--back] [--from VERSION]... [--state STATE]
                          [--customer ID] [--older-than AGE] [--sample N] [--rate N] [--why TEXT]
                          [--database-url URL] [--json]

Moves stored orders to another version of the charts, the newest first. If a service holds the store, it does the work
and goes on serving; otherwise the file is opened here, no service is called and no deadline fires. In PostgreSQL it
works beside the nodes; they have to know the version. It can be stopped
(Ctrl-C) and run again at any time: orders that are moved are not looked at again.

  --to            the chart version to move to
  --dry-run       rehearses on copies, and stores nothing
  --back          undoes the last migration of orders to which nothing has happened since
  --from          only orders on this version; may be given more than once
  --state         only orders in this state, such as paying
  --customer      only orders of this customer
  --older-than    only orders placed longer ago than this: 90s, 30m, 12h or 2d
  --sample        only so many orders, the newest that match
  --rate          orders per second, at most [${usualRate} through a service; without one, as fast as it goes].
                  Between pages it rests, longer when the service is busy
  --why           recorded with each order
  --database-url  the store, sqlite:PATH or postgres://… [DATABASE_URL, or sqlite:data/orderchart.db]
  --json          prints the report as JSON

Exit code: 0 all are moved, or would be; 1 some need a rule, are stuck or cannot be read; 2 it could not be done;
130 it was stopped.`;

const options = {
  to: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  back: { type: 'boolean', default: false },
  from: { type: 'string', multiple: true },
  state: { type: 'string' },
  customer: { type: 'string' },
  'older-than': { type: 'string' },
  sample: { type: 'string' },
  rate: { type: 'string' },
  why: { type: 'string' },
  'database-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;
const parse = (words: readonly string[]) => parseArgs({ args: [...words], options }).values;
type Values = ReturnType<typeof parse>;

export type ReachMigrations = (address: string, dryRun: boolean) => Promise<StoreAccess<OfflineMigrations>>;

/**
 * Runs the command with `words` behind its name. Sets the process's exit code.
 * @throws AppError when it cannot be done.
 */
export const migrateOrders = async (
  words: readonly string[],
  reach: ReachMigrations,
  clock: Clock,
): Promise<void> => {
  const values = parse(words);
  if (values.help) {
    console.log(help);
    return;
  }
  const request = toRequest(values, clock.now());
  const most = toCount('sample', values.sample, mostDigits);
  const rate = toCount('rate', values.rate, mostDigits);
  const address = readStoreAddress(values['database-url']);
  const access = await reach(address, request.dryRun);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  try {
    const { through } = access;
    const ordersPerSecond = rate ?? (through === 'service' ? usualRate : undefined);
    const migratePage = through === 'service' ? askService(access.service) : access.store.migratePage;
    console.error(describeStart(request, { ...access, address }, ordersPerSecond));
    const result = await runPages({
      ...{ migratePage, request, clock, signal: stopping.signal },
      ...(most !== undefined && { most }),
      ...(ordersPerSecond !== undefined && { ordersPerSecond }),
      onPage: createProgressLine(clock, request.dryRun),
    });
    const { to, dryRun, back } = request;
    const report = { to, dryRun, back, through, ...result };
    console.log(values.json ? JSON.stringify(report, null, 2) : toText(result, to, dryRun));
    if (!result.complete)
      console.error(`Stopped. ${dryRun ? 'A rehearsal begins anew' : 'To go on, run it again'}.`);
    process.exitCode = toExitCode(result.complete, result.groups.some(isTrouble));
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop);
    if (access.through === 'file') await access.store.close();
  }
};

const mostDigits = 9;
const stopped = 130;
const toExitCode = (complete: boolean, hasTrouble: boolean): number => {
  if (!complete) return stopped;
  return hasTrouble ? 1 : 0;
};

const toRequest = (values: Values, now: number): Omit<MigrationPageRequest, 'limit'> => {
  const { to, back, why = `moved to version ${to}` } = values;
  if (to === undefined || to === '') throw invalidFlag('to', to, 'name the chart version to move to');
  if (why.trim() === '') throw invalidFlag('why', why, 'say why, or leave it out');
  const age = values['older-than'];
  const filter: MigrationFilter = {
    ...(values.state !== undefined && { state: values.state }),
    ...(values.customer !== undefined && { owner: values.customer }),
    ...(age !== undefined && { createdBefore: now - toAge('older-than', age) }),
    ...(values.from !== undefined && { from: values.from }),
  };
  return { to, why, who: readUser(), dryRun: values['dry-run'], back, filter };
};

/** A container's user need not have a name. */
const readUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'without a name'}`;
  }
};

/** Pages of the running service. */
const askService =
  ({ request }: ServiceClient): MigratePage =>
  async ({ filter, ...rest }) => {
    const { owner, createdBefore, ...same } = filter;
    const body = {
      ...rest,
      filter: {
        ...same,
        ...(owner !== undefined && { customerId: owner }),
        ...(createdBefore !== undefined && { createdBefore: toIsoTime(createdBefore) }),
      },
    };
    return migrationPage.strip().parse(await request('POST', '/migrations', body));
  };

const describeStart = (
  { to, dryRun, back }: Pick<MigrationPageRequest, 'to' | 'dryRun' | 'back'>,
  access: StoreAccess<OfflineMigrations> & { readonly address: string },
  rate: number | undefined,
): string => {
  const what = `${dryRun ? 'Rehearsing to move' : 'Moving'} orders ${back ? 'back ' : ''}to version ${to}`;
  const how =
    access.through === 'service'
      ? `through the running service (process ${access.service.service.pid})`
      : isPostgresUrl(access.address)
        ? 'in the database, beside its nodes'
        : 'in the file: no service runs';
  return `${what} ${how}${rate === undefined ? '' : `, at most ${rate} a second`} …`;
};

const progressEveryMs = 1000;
const createProgressLine = (clock: Clock, dryRun: boolean): ((sofar: Progress) => void) => {
  let printedAt = clock.now();
  return (sofar) => {
    if (clock.now() - printedAt < progressEveryMs) return;
    printedAt = clock.now();
    console.error(toCounts(sofar, dryRun));
  };
};
