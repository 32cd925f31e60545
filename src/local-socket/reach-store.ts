// How a command that writes gets to a store: it asks the service that holds it, and opens the file only if none does.
// It knows neither the store nor what the command wants.
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { StoreAccess } from '../local-socket.ts';
import { connectToService } from './client.ts';
import { toSocketPath } from './socket-path.ts';

/** A service takes the lock some time before it listens, and lets go of it some time after it stopped listening. */
const waitMs = 5000;
const againMs = 50;

/**
 * Reaches the store of the database at `databasePath`, which `open` opens.
 * @throws AppError `store-in-use` if a process holds it that cannot be asked, and whatever `open` and `connectToService`
 * throw.
 */
export const reachStore = async <Opened>(
  databasePath: string,
  open: () => Opened,
  clock: Clock,
): Promise<StoreAccess<Opened>> => {
  const until = clock.now() + waitMs;
  for (;;) {
    const service = await connectToService(databasePath);
    if (service !== undefined) return { through: 'service', service };
    try {
      return { through: 'file', store: open() };
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'store-in-use')) throw error;
      if (clock.now() >= until) throw toHeldError(databasePath);
    }
    await new Promise<void>((done) => clock.schedule(done, againMs));
  }
};

const toHeldError = (databasePath: string): AppError => {
  const message =
    `${databasePath} is in use by a process that cannot be asked: nothing listens at ${toSocketPath(databasePath)}. ` +
    'It is a service of an older version, a service that is starting or stopping, or another command. ' +
    'Wait until it is done or stop it, and run the command again.';
  return new AppError('store-in-use', message, { path: databasePath });
};
