// Makes a backup of a store: copied under a name of its own, examined, and only then put in its place. It knows neither how
// a store is copied nor what is examined.
import { closeSync, fsyncSync, linkSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ExaminationProgress, ExaminationReport } from '../audit.ts';
import type { MakeBackup } from '../backup.ts';
import { AppError, describeError } from '../errors.ts';
import { explainSystemError, findEntry, privateFile, systemCodeOf } from '../own-files.ts';

interface BackupParts {
  /** Copies the store at `from` into the empty file `to`. */
  copy(
    from: string,
    to: string,
    onProgress: (progress: { readonly pages: number; readonly of: number }) => void,
  ): Promise<void>;
  examine(examination: {
    readonly address: string;
    readonly onProgress: (progress: ExaminationProgress) => void;
  }): Promise<ExaminationReport>;
}

export const createMakeBackup =
  ({ copy, examine }: BackupParts): MakeBackup =>
  async ({ databasePath, target: given, onProgress }) => {
    const target = resolve(given);
    refuseExisting(target);
    const folder = makePrivateFolder(target);
    const stopWatching = removeAtSignal(folder);
    try {
      const path = join(folder, basename(target));
      closeSync(openSync(path, 'wx', privateFile));
      await copyTo(target, () =>
        copy(databasePath, path, (progress) => onProgress({ doing: 'copying', ...progress })),
      );
      const report = await examine({
        address: path,
        onProgress: (progress) => onProgress({ doing: 'examining', progress }),
      });
      const made = report.violations === 0;
      const bytes = statSync(path).size;
      if (made) putInPlace(path, target);
      return { made, bytes, report };
    } finally {
      stopWatching();
      rmSync(folder, { recursive: true, force: true });
    }
  };

/** What was copied is as personal as the store: whoever breaks off leaves none of it. The returned function ends that. */
const removeAtSignal = (folder: string): (() => void) => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (signal: NodeJS.Signals): void => {
    stopWatching();
    rmSync(folder, { recursive: true, force: true });
    process.kill(process.pid, signal);
  };
  const stopWatching = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  for (const signal of signals) process.on(signal, end);
  return stopWatching;
};

const refuse = (target: string, problem: string): AppError =>
  new AppError('invalid-setting', `The backup ${target} cannot be made: ${problem}.`);

const refuseExisting = (target: string): void => {
  if (findEntry(target) === undefined) return;
  throw refuse(target, 'something is there already, and nothing is overwritten. Choose another name');
};

/** Beside the target, so that it is on its disk; nobody else can read what is in it. */
const makePrivateFolder = (target: string): string => {
  try {
    return mkdtempSync(join(dirname(target), '.orderchart-backup-'));
  } catch (error) {
    throw refuse(target, explainSystemError(error) ?? describeError(error));
  }
};

const copyTo = async (target: string, copy: () => Promise<void>): Promise<void> => {
  try {
    await copy();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = `The backup ${target} cannot be made: ${describeError(error)}. Nothing was left there; see to both files and their disks, and run it again.`;
    throw new AppError('store-unavailable', message);
  }
};

/** Some file systems (of USB sticks) have no links. */
const withoutLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** A link is made only where nothing is, at whatever moment that came there. */
const putInPlace = (path: string, target: string): void => {
  try {
    linkSync(path, target);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST' || !withoutLinks.includes(code)) {
      refuseExisting(target);
      throw error;
    }
    refuseExisting(target);
    renameSync(path, target);
  }
  const folder = openSync(dirname(target), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
