// What the program makes and opens of files and folders beside what it was given: for their owner alone, and with an answer
// to what the operating system refuses. It knows nothing of what is in them.
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, describeError } from './errors.ts';

/** What a service keeps is personal data: only its own user may read it. */
const privateFolder = 0o700;
export const privateFile = 0o600;

/** The operating system's name of an error, such as `ENOSPC`. */
export const systemCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** Makes a folder and those above it, where they are missing. (Node's own `recursive` never ends below /proc.) */
export const makeFolder = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: privateFolder });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST' || !statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw error;
  }
};

/** Whether something is there; a part of the path that is no folder means that nothing is. */
export const findEntry = (path: string): ReturnType<typeof lstatSync> => {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCodeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
};

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'a file is where a folder should be. Move it away, or choose another path',
  ENOTDIR: 'a part of the path is a file and not a folder. Choose another path',
  EISDIR: 'it is a folder. Choose the path of a file',
  ENOENT: 'it cannot be made there. Make the folder, or choose another path',
  EACCES:
    'this user may not write there. Give the folder to the user that runs Orderchart, or choose another path',
  EPERM:
    'this user may not write there. Give the folder to the user that runs Orderchart, or choose another path',
  EROFS: 'its file system can only be read. Choose another path',
  ENOSPC: 'its disk is full. Make room, or choose another path',
  EDQUOT: 'the disk quota of this user is used up. Make room, or choose another path',
  ELOOP: 'its symbolic links lead in a circle. Choose another path',
  ENAMETOOLONG: 'its name is too long. Choose a shorter path',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n)',
};

/** What to do about an error of the operating system; undefined for an error of another kind. */
export const explainSystemError = (error: unknown): string | undefined => {
  const code = systemCodeOf(error);
  if (code === undefined) return undefined;
  const reason = reasons[code];
  return reason ?? `${describeError(error)}. Choose another path`;
};

/**
 * Does what `task` does with the file or folder that a setting names.
 * @throws AppError `invalid-setting` with the setting, its value and what to do, for what the operating system refuses.
 */
export const usingPath = async <T>(setting: string, path: string, task: () => T | Promise<T>): Promise<T> => {
  try {
    return await task();
  } catch (error) {
    const reason = explainSystemError(error);
    if (reason === undefined) throw error;
    throw new AppError('invalid-setting', `${setting}=${path} is not usable: ${reason}.`);
  }
};
