// `orderchart rehearse`: has the recorded messages of stored orders replayed on another version of the charts, and prints
// where they would have done something else. It changes nothing. Exit code 0: nowhere; 1: somewhere.
import { parseArgs } from 'node:util';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { RehearsalGroup, RehearsalReport, RehearseHistories } from '../rehearsal.ts';
import { readStoreAddress } from './database-flag.ts';

const usualOrders = 1000;

const help = `Usage: orderchart rehearse --to VERSION [--last N] [--from VERSION] [--database-url URL] [--json]

Replays the recorded messages of stored orders on the charts of another version, from their first message on, and lists
where domain events or final states would differ. It reads one consistent picture of the store and changes nothing, so
it can be run at any time, also while the service runs. Texts for people are not compared, and no values are printed.

  --to            the chart version to try
  --last          so many orders, the newest [${usualOrders}]
  --from          only orders that are on this version
  --database-url  the store, sqlite:PATH or postgres://… [DATABASE_URL, or sqlite:data/orderchart.db]
  --json          prints the report as JSON

Exit code: 0 nothing differs, 1 something does, 2 it could not be done.`;

const options = {
  to: { type: 'string' },
  last: { type: 'string', default: String(usualOrders) },
  from: { type: 'string' },
  'database-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs the command with `words` behind its name. Sets the process's exit code.
 * @throws AppError when it cannot be done.
 */
export const rehearseOrders = async (
  words: readonly string[],
  rehearse: RehearseHistories,
  clock: Clock,
): Promise<void> => {
  const { values } = parseArgs({ args: [...words], options });
  if (values.help) {
    console.log(help);
    return;
  }
  const { to, from, last } = values;
  if (to === undefined || to === '') {
    throw new AppError('invalid-setting', 'Invalid --to: name the chart version to try');
  }
  if (!/^[1-9]\d{0,8}$/.test(last)) {
    throw new AppError('invalid-setting', `Invalid --last=${last}: it must be a whole number from 1`);
  }
  const report = await rehearse({
    ...{ address: readStoreAddress(values['database-url']), to, last: Number(last) },
    ...(from !== undefined && { from }),
    onProgress: createProgressLine(clock),
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : toText(report));
  process.exitCode = report.groups.length === 0 ? 0 : 1;
};

const progressEveryMs = 1000;
const createProgressLine = (clock: Clock): ((orders: number) => void) => {
  let printedAt = clock.now();
  return (orders) => {
    if (clock.now() - printedAt < progressEveryMs) return;
    printedAt = clock.now();
    console.error(`${orders} orders replayed`);
  };
};

const toText = ({ to, orders, messages, same, groups }: RehearsalReport): string =>
  [
    ...groups.map(toGroup),
    `${orders} orders with ${messages} messages replayed on version ${to}: ${
      groups.length === 0 ? 'nothing differs' : `${same} the same, ${orders - same} different`
    }.`,
  ].join('\n');

const toGroup = ({ difference, count, examples }: RehearsalGroup): string =>
  [
    `${count} ${count === 1 ? 'order' : 'orders'}: ${difference}`,
    ...examples.map(
      ({ orderId, message }) => `    ${orderId} ${message === null ? 'at the end' : `message ${message}`}`,
    ),
  ].join('\n');
