// Whether a host can do its work: its store writes, and its services can take effect. The store is tried by writing, at
// most once in a while, however often it is asked. It repairs nothing.
import type { Logger } from 'pino';
import { sumOrders } from '../chart-versions.ts';
import type { Clock } from '../clock.ts';
import { AppError, describeError } from '../errors.ts';
import type { HostHealth } from '../host.ts';
import { limits } from '../limits.ts';
import type { Services } from '../service.ts';
import type { Store } from '../store.ts';

export interface HealthParts {
  readonly store: Store;
  readonly services: Services;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `versions`: the chart versions that the host knows. */
export const createHealth = (
  { store, services, clock, logger }: HealthParts,
  versions: readonly string[],
): (() => Promise<HostHealth>) => {
  let writtenAt = Number.NEGATIVE_INFINITY;
  let written: Promise<void> = Promise.resolve();
  let lastReason: string | null = null;

  const checkServices = async (): Promise<void> => {
    for (const service of Object.values(services)) {
      if (service.place === 'outside') await service.check?.();
    }
  };

  const check = (): Promise<void> => {
    const sinceMs = clock.now() - writtenAt;
    if (sinceMs >= 0 && sinceMs < limits.healthCheckMs) return written.then(() => store.check(false));
    writtenAt = clock.now();
    written = store.check().then(checkServices);
    return written;
  };

  /** Said once, not at each question. */
  const note = (reason: string | null, error?: unknown): void => {
    if (reason === lastReason) return;
    lastReason = reason;
    if (reason === null) logger.info('the service is ready again');
    else logger.error({ reason, error: describeError(error) }, 'the service is not ready');
  };

  return async () => {
    try {
      await check();
      const unreadable = sumOrders(await store.unreadable(versions));
      note(null);
      return { ready: true, reason: null, unreadable };
    } catch (error) {
      const reason = error instanceof AppError ? error.message : 'the store cannot write';
      note(reason, error);
      return { ready: false, reason };
    }
  };
};
