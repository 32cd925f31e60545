// `orderchart doctor`: has a store examined and prints the results, invariant by invariant. It changes nothing, also
// while the service runs. Exit code 0: everything holds; 1: something does not.
import { parseArgs } from 'node:util';
import type { CheckReport, ExaminationProgress, ExaminationReport } from '../audit.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { ExamineStore } from '../shop/audit/outside.ts';
import { readStoreAddress } from './database-flag.ts';

const help = `Usage: orderchart doctor [--database-url URL] [--gateway-ledger FILE] [--mail-dir FOLDER]
                         [--clock-tolerance SECONDS] [--no-replay] [--json]

Checks every invariant that can be checked from the store. It reads one consistent picture of it and changes
nothing, so it can be run at any time, also while the service or its nodes run (until it ends, the write-ahead log of a
SQLite file grows, and PostgreSQL keeps old versions of rows).

  --database-url    the store, sqlite:PATH or postgres://… [DATABASE_URL, or sqlite:data/orderchart.db]
  --gateway-ledger  what the gateway did: .jsonl as the simulated gateway writes it, or .csv with the columns
                    at, key, orderId, amount, currency, result, transactionId
  --mail-dir        the folder of the file mailer: is the mail of every notice there?
  --clock-tolerance how far the gateway's clock may be behind ours [300]; more if our clock was wrong
  --no-replay       leaves out what takes longest: replaying every order
  --json            prints the whole report as JSON

Exit code: 0 everything holds, 1 something does not, 2 there was nothing that could be checked.`;

const options = {
  'database-url': { type: 'string' },
  'gateway-ledger': { type: 'string' },
  'mail-dir': { type: 'string' },
  'clock-tolerance': { type: 'string' },
  'no-replay': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** On a store with more orders than this, the progress is printed every second. */
const manyOrders = 5000;
const progressEveryMs = 1000;

/**
 * Runs the command with `words` behind its name. Sets the process's exit code.
 * @throws AppError `invalid-setting` when there is nothing that can be examined.
 */
export const diagnose = async (
  words: readonly string[],
  examineStore: ExamineStore,
  clock: Clock,
): Promise<void> => {
  const { values } = parseArgs({ args: [...words], options });
  if (values.help) {
    console.log(help);
    return;
  }
  const report = await examineStore({
    address: readStoreAddress(values['database-url'], true),
    ...(values['gateway-ledger'] !== undefined && { gatewayLedger: values['gateway-ledger'] }),
    ...(values['mail-dir'] !== undefined && { mailDirectory: values['mail-dir'] }),
    ...(values['clock-tolerance'] !== undefined && {
      clockToleranceMs: 1000 * toSeconds(values['clock-tolerance']),
    }),
    replay: values['no-replay'] !== true,
    onProgress: createProgressLine(clock),
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : toText(report));
  process.exitCode = report.violations === 0 ? 0 : 1;
};

const toSeconds = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AppError('invalid-setting', `Invalid --clock-tolerance=${text}: it must be whole seconds`);
};

const createProgressLine = (clock: Clock): ((progress: ExaminationProgress) => void) => {
  let printedAt = Number.NEGATIVE_INFINITY;
  return ({ doing, orders, of }) => {
    const now = clock.now();
    if (of <= manyOrders || now - printedAt < progressEveryMs) return;
    printedAt = now;
    console.error(`${doing}: ${orders} of ${of} orders`);
  };
};

export const toText = ({ orders, violations, checks, notes }: ExaminationReport): string => {
  const width = Math.max(...checks.map(({ invariant }) => invariant.length));
  return [
    `${'invariant'.padEnd(width)}      checked  violations  what holds`,
    ...checks.map((check) => toRow(check, width)),
    ...checks.filter((check) => check.violations > 0).map(toDetails),
    ...notes.map((note) => `\nNote: ${note}`),
    `\n${orders} orders examined: ${violations === 0 ? 'everything holds' : `${violations} violations`}.`,
  ].join('\n');
};

const toRow = ({ invariant, sentence, checked, violations, skipped }: CheckReport, width: number): string => {
  const figures = `${String(checked).padStart(12)}${String(violations).padStart(12)}`;
  return `${invariant.padEnd(width)} ${skipped === undefined ? figures : `(${skipped})`.padEnd(24)}  ${sentence}`;
};

const toDetails = ({ invariant, sentence, advice, violations, findings }: CheckReport): string => {
  const rest = violations - findings.length;
  return [
    `\n${invariant} is violated: ${sentence}`,
    ...findings.map(({ about, problem }) => `  ${about}  ${problem}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    `  What to do: ${advice}`,
  ].join('\n');
};
