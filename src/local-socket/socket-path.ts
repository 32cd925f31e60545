// Where the local socket of a database is, and what may be wrong with that place. It neither listens nor asks anything
// of a service.
import { basename, dirname, join, relative } from 'node:path';
import { toRealPath } from '../database-path.ts';
import { AppError } from '../errors.ts';

/** What the operating systems take as the address of a Unix socket, without its ending NUL. */
const longestAddress = process.platform === 'darwin' ? 103 : 107;

/** Node has no Unix sockets on Windows. */
export const hasLocalSockets = process.platform !== 'win32';

/** Behind the whole name, as with `.lock`: databases that differ in their ending alone have sockets of their own. */
export const toSocketPath = (databasePath: string): string => `${toRealPath(databasePath)}.sock`;

/** As short as it can be written in this process: addresses of sockets are limited, and paths are not. */
export const toSocketAddress = (path: string): string => {
  const address = [path, relative(process.cwd(), path)].reduce((one, other) =>
    Buffer.byteLength(other) < Buffer.byteLength(one) ? other : one,
  );
  const bytes = Buffer.byteLength(address);
  if (bytes <= longestAddress) return address;
  const message =
    `The path of the local socket ${path} is too long: a socket's may have ${longestAddress} bytes, and it has ${bytes}. ` +
    'Set DATABASE_URL to a shorter path, or run Orderchart in the folder of the database.';
  throw new AppError('local-socket-unusable', message, { path });
};

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Nobody listens: there is no socket, or a killed process left it. */
export const isUnanswered = (error: unknown): boolean =>
  ['ENOENT', 'ECONNREFUSED'].includes(codeOf(error) ?? '');

/** What to do if the socket cannot be reached or made for a reason of the operating system. */
export const toUnusable = (path: string, error: unknown): AppError => {
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    const message =
      `Permission denied for the local socket ${path}: only the user who runs the service may use it. ` +
      `Run the command as that user, and see that the folder ${dirname(path)} is theirs.`;
    return new AppError('local-socket-unusable', message, { path });
  }
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The local socket ${path} cannot be used: ${reason}. See to the folder ${dirname(path)}, or set DATABASE_URL to another.`;
  return new AppError('local-socket-unusable', message, { path });
};

/** Where a socket is made that only its maker can reach yet, given a new private folder beside `path`. */
export const toFolderPrefix = (path: string): string => join(dirname(path), `.${basename(path).slice(0, 4)}`);
