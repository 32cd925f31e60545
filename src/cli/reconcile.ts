// `orderchart reconcile`: has the provider's payments and refunds compared with the store, both ways, prints what differs, and
// opens an incident for each difference; or writes what the provider did into a file. Exit code 0: nothing differs; 1: something does.
import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Clock, toIsoTime } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Money, PaymentProvider, Range } from '../shop/reconciliation/provider.ts';
import type { ReconciliationReport } from '../shop/reconciliation/report.ts';
import { readStoreAddress } from './database-flag.ts';
import { invalidFlag } from './flag-values.ts';
import { toTable } from './table.ts';

const help = `Usage: orderchart reconcile --gateway stripe --from TIME [--to TIME] [--database URL] [--json]
       orderchart reconcile --gateway stripe --export FILE [--from TIME] [--to TIME]

Compares the payments and refunds that the provider lists for a time with the store, both ways: money that the store does
not know, and money that the store counts on and the provider does not have. Each difference becomes an incident of the
gateway (GET /services/incidents), once. It can be run while the service runs, and again for the same time.

  --gateway   where payments are made: stripe
  --from      the first moment, in ISO 8601 with a zone, such as 2026-01-31T00:00:00Z
  --to        the last moment [now]
  --export    writes what the provider did as JSON lines, and compares nothing: a file for \`orderchart doctor
              --gateway-ledger\`. Without --from from the beginning on, which is what the doctor needs
  --database  the store, sqlite:PATH or postgres://…; --database-url is the same
              [DATABASE_URL, or sqlite:data/orderchart.db]
  --json      prints the report as JSON

Read from the environment, as for the service: STRIPE_SECRET_KEY, STRIPE_API_BASE.

Exit code: 0 nothing differs, 1 something does, 2 it could not be done. What is still under way is listed as pending,
and is no difference.`;

const options = {
  gateway: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  export: { type: 'string' },
  database: { type: 'string' },
  'database-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;
const parse = (words: readonly string[]) => parseArgs({ args: [...words], options }).values;
type Values = ReturnType<typeof parse>;

export type OpenProvider = (
  environment: Readonly<Record<string, string | undefined>>,
) => Promise<PaymentProvider>;

export type ReconcileStore = (wish: {
  readonly provider: PaymentProvider;
  readonly address: string;
  readonly range: Range;
}) => Promise<ReconciliationReport>;

interface Parts {
  readonly openProvider: OpenProvider;
  readonly reconcileStore: ReconcileStore;
}

const isoTime = z.iso.datetime({ offset: true });

const toTime = (flag: string, text: string): number => {
  if (isoTime.safeParse(text).success) return Date.parse(text);
  throw invalidFlag(flag, text, 'it must be a time in ISO 8601 with a zone, such as 2026-01-31T00:00:00Z');
};

const toRange = ({ from, to, export: file }: Values, now: number): Range => {
  if (from === undefined && file === undefined) {
    throw invalidFlag('from', from, 'say from when on payments are compared');
  }
  const range = {
    from: from === undefined ? 0 : toTime('from', from),
    to: to === undefined ? now : toTime('to', to),
  };
  if (range.from <= range.to) return range;
  throw invalidFlag('to', to, 'it must not be before --from');
};

/**
 * Runs the command with `words` behind its name. Sets the process's exit code.
 * @throws AppError when it cannot be done.
 */
export const reconcilePayments = async (
  words: readonly string[],
  { openProvider, reconcileStore }: Parts,
  clock: Clock,
): Promise<void> => {
  const values = parse(words);
  if (values.help) {
    console.log(help);
    return;
  }
  if (values.gateway !== 'stripe') {
    throw invalidFlag('gateway', values.gateway, 'name where payments are made: stripe');
  }
  const range = toRange(values, clock.now());
  if (values.export !== undefined) {
    const count = await exportLedger(await openProvider(process.env), range, values.export);
    console.log(`Wrote ${count} entries to ${values.export}.`);
    return;
  }
  const address = readStoreAddress(values.database ?? values['database-url']);
  const provider = await openProvider(process.env);
  const report = await reconcileStore({ provider, address, range });
  const times = { from: toIsoTime(range.from), to: toIsoTime(range.to) };
  console.log(values.json ? JSON.stringify({ ...times, ...report }, null, 2) : toText(report));
  process.exitCode = report.differences.length === 0 ? 0 : 1;
};

/** A file that is there is left alone. Each entry is a line, as the doctor reads it. */
const exportLedger = async (provider: PaymentProvider, range: Range, path: string): Promise<number> => {
  await using file = await openNew(path);
  let count = 0;
  for await (const { at, ...entry } of provider.ledger(range)) {
    await file.write(`${JSON.stringify({ at: toIsoTime(at), ...entry })}\n`);
    count += 1;
  }
  await file.sync();
  return count;
};

const openNew = async (path: string) => {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new AppError('invalid-setting', `Invalid --export=${path}: there is a file; name a new one`);
  }
};

const toAmount = (money: Money | null): string =>
  money === null ? '-' : `${money.amount} ${money.currency.toUpperCase()}`;

const incidentWords = {
  opened: 'incident opened',
  open: 'incident was open',
  closed: 'incident was closed before',
  'not-opened': 'no incident: too many are open',
} as const;

const toText = ({ orders, payments, refunds, differences, pending }: ReconciliationReport): string => {
  const rows = [
    ['difference', 'order', 'at the provider', 'store', 'provider', 'incident'],
    ...differences.map(({ kind, orderId, object, ours, theirs, incident }) => [
      ...[kind, orderId, object, toAmount(ours), toAmount(theirs), incidentWords[incident]],
    ]),
  ];
  return [
    ...(differences.length === 0 ? [] : [...toTable(rows), '']),
    ...pending.map((orderId) => `pending: ${orderId} (its payment is under way; run it again later)`),
    `${orders} orders, ${payments} payments and ${refunds} refunds compared: ${
      differences.length === 0 ? 'nothing differs' : `${differences.length} differences`
    }.`,
  ].join('\n');
};
