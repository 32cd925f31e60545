// `orderchart move`: has a whole store copied to another one, compared, and handed over. Exit code 0: it is moved; 1: the doctor
// found violations, and nothing was moved; 2: it could not be done.
import { parseArgs } from 'node:util';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { MoveProgress, MoveResult, MoveStore } from '../move.ts';
import { maskAddress } from '../store-address.ts';
import { readStoreAddress } from './database-flag.ts';
import { toText } from './doctor.ts';

const help = `Usage: orderchart move --from URL --to URL [--anyway] [--no-replay] [--json]

Moves a whole store to another one: from a SQLite file to PostgreSQL, back, or between two of a kind. Everything goes along:
orders with their history and positions, calls, idempotency keys, keys of callers, stock, notes, webhooks, incidents.
Stop the service (all nodes of it) first, and start it with the new DATABASE_URL afterwards.

  --from       the store, sqlite:PATH or postgres://…
  --to         an empty store, which is made if it is missing
  --anyway     also if the doctor finds violations in the store
  --no-replay  leaves out what takes longest: replaying every order, before and after. Run the doctor shortly before, while the
               service still runs
  --json       prints the result as JSON

The doctor examines the store before and the copy after, and the records of all orders are compared. Only then the new store
can be used, and the old one cannot any more. If it is interrupted, run the same command again: it goes on where it
was. Until then neither store can be used; docs/scaling.md says how to give a move up.

Exit code: 0 it is moved; 1 the doctor found violations, and nothing was moved; 2 it could not be done.`;

const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  anyway: { type: 'boolean', default: false },
  'no-replay': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Runs the command with `words` behind its name. Sets the process's exit code. @throws AppError when it cannot be done. */
export const moveStore = async (words: readonly string[], move: MoveStore, clock: Clock): Promise<void> => {
  const { values } = parseArgs({ args: [...words], options });
  if (values.help) {
    console.log(help);
    return;
  }
  const { from, to, anyway } = values;
  if (from === undefined || to === undefined) {
    throw new AppError('invalid-setting', 'Name both stores: `orderchart move --from URL --to URL`.');
  }
  const stores = { from: readStoreAddress(from), to: readStoreAddress(to, true) };
  const request = { ...stores, anyway, replay: !values['no-replay'] };
  if (request.from === request.to) throw new AppError('invalid-setting', 'Both stores are the same one.');
  const result = await move({ ...request, onProgress: createProgressLine(clock) });
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else if (result.moved) console.log(describe(result, request.to));
  else console.log(toText(result.report));
  if (result.moved) return;
  console.error(
    `orderchart: Nothing is moved: the store has ${result.report.violations} violations. To move it as it is, add --anyway.`,
  );
  process.exitCode = 1;
};

const describe = ({ orders, rows, digest }: MoveResult, to: string): string => {
  const count = Object.values(rows).reduce((sum, number) => sum + number, 0);
  const found = `${orders} orders, ${count} rows, compared: the same (${digest.slice(0, 16)}).`;
  return `${found}\nStart the service with DATABASE_URL=${maskAddress(to)}.`;
};

const progressEveryMs = 1000;
const createProgressLine = (clock: Clock): ((progress: MoveProgress) => void) => {
  let printedAt = clock.now();
  return (progress) => {
    if (clock.now() - printedAt < progressEveryMs) return;
    printedAt = clock.now();
    console.error(toLine(progress));
  };
};

const toLine = (progress: MoveProgress): string => {
  if (progress.doing === 'copying')
    return `copying: ${progress.rows} of ${progress.of} rows of ${progress.table}`;
  if (progress.doing === 'comparing') return `comparing: ${progress.orders} orders`;
  const { doing, orders, of } = progress.progress;
  return `examining ${progress.store}: ${doing}, ${orders} of ${of} orders`;
};
