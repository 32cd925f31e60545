// `orderchart backup` and `orderchart restored`: a copy of a store, and what is said of one that was put back. They print, and
// neither copy nor examine. Exit code 0: done; 1: something does not hold; 2: it could not be done.
import { constants, setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import type { ExaminationReport } from '../audit.ts';
import type { AcceptCopy, BackupProgress, MakeBackup } from '../backup.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { maskAddress } from '../store-address.ts';
import { readDatabasePath, readStoreAddress } from './database-flag.ts';
import { toText } from './doctor.ts';

const backupHelp = `Usage: orderchart backup FILE [--database-url sqlite:PATH]

Copies the store into FILE, as it is when the copy begins; a service that runs on it goes on, and keeps its log until
the copy is done. Then the doctor examines the copy (every invariant that can be checked from the store), and only
if everything holds is it put at FILE, which only you can read. Nothing is overwritten.

  --database-url    the store [DATABASE_URL, or sqlite:data/orderchart.db]

Not in it: the mails (MAIL_DIR), and the bank's own ledger, which the simulated gateway keeps in PAYMENT_LEDGER; a
restored shop is compared with the ledger that goes on. How to restore: docs/backup.md. PostgreSQL has its own means:
pg_dump, or the backups of its provider.

Exit code: 0 the backup is made; 1 the doctor found a violation, and none is made; 2 it could not be made.`;

const restoredHelp = `Usage: orderchart restored [--anyway] [--database-url URL]

Says that the store is a copy that was put back, where the next start cannot see that by itself: a copy of the
database with its log (a snapshot of the disk) over the files of the same run, or a copy without its log that a start
refuses and that is all there is. The doctor examines it first. The next start gives it a new epoch, and does not make
calls again that were pending in it. Stop the service first.

A PostgreSQL database is marked with it after every restore, before the first node starts. A store that was moved away
(\`orderchart move\`) can be used again after it, as a copy from that time.

  --anyway          also if the doctor finds violations
  --database-url    the store, sqlite:PATH or postgres://… [DATABASE_URL, or sqlite:data/orderchart.db]

Exit code: 0 it is marked; 1 the doctor found a violation, and it is not; 2 it could not be done.`;

const otherBackups =
  'back PostgreSQL up with pg_dump, or with the backups of its provider, and after a restore run ' +
  '`orderchart restored --database-url postgres://…` before the first node starts';
const progressEveryMs = 1000;
const mebi = 1024 * 1024;

/** Runs `backup` with `words` behind its name. Sets the process's exit code. */
export const makeBackup = async (words: readonly string[], make: MakeBackup, clock: Clock): Promise<void> => {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { 'database-url': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(backupHelp);
    return;
  }
  const [target, ...more] = positionals;
  if (target === undefined || target === '' || more.length > 0) {
    throw new AppError('invalid-setting', 'Name one file for the backup: `orderchart backup FILE`.');
  }
  const databasePath = readDatabasePath(values['database-url'], otherBackups);
  // The examination takes all the processor that it gets: a service that runs comes first.
  setPriority(constants.priority.PRIORITY_LOW);
  const { made, bytes, report } = await make({ databasePath, target, onProgress: createProgressLine(clock) });
  if (made) {
    const size = `${(bytes / mebi).toFixed(1)} MiB`;
    console.log(`${target}: ${report.orders} orders, ${size}, examined: everything holds.`);
    return;
  }
  console.log(toText(report));
  console.error(
    `orderchart: No backup is made: the copy has ${report.violations} violations, and so has the store.`,
  );
  process.exitCode = 1;
};

const createProgressLine = (clock: Clock): ((progress: BackupProgress) => void) => {
  let printedAt = clock.now();
  return (progress) => {
    if (clock.now() - printedAt < progressEveryMs) return;
    printedAt = clock.now();
    console.error(
      progress.doing === 'copying'
        ? `copying: ${progress.pages} of ${progress.of} pages`
        : `examining ${progress.progress.doing}: ${progress.progress.orders} of ${progress.progress.of} orders`,
    );
  };
};

/** Runs `restored` with `words` behind its name. Sets the process's exit code. */
export const acceptRestored = async (words: readonly string[], accept: AcceptCopy): Promise<void> => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      'database-url': { type: 'string' },
      anyway: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(restoredHelp);
    return;
  }
  const address = readStoreAddress(values['database-url']);
  const { accepted, report } = await accept(address, values.anyway);
  const name = maskAddress(address.replace(/^sqlite:/, ''));
  if (report.violations > 0) console.log(toText(report));
  if (accepted) {
    console.log(`${name} counts as a restored copy of ${report.orders} orders: ${describe(report)}.`);
    return;
  }
  console.error(
    `orderchart: ${name} was not changed: ${describe(report)}. To accept it as it is, add --anyway.`,
  );
  process.exitCode = 1;
};

const describe = ({ violations }: ExaminationReport): string =>
  violations === 0 ? 'everything holds' : `${violations} violations`;
