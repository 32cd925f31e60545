// Ends the answers of idempotency keys when they are as old as KEEP_KEYS_HOURS: in the background, few at once, so that no
// order waits for it. A key whose answer has ended is as new. It knows nothing of what the answers say.
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { describeError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Store } from '../store.ts';

const hour = 3_600_000;

export interface KeySweeperParts {
  readonly store: Pick<Store, 'forgetKeys'>;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'KEEP_KEYS_HOURS'>;
  readonly logger: Logger;
}

export class KeySweeper {
  readonly #parts: KeySweeperParts;
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: KeySweeperParts) {
    this.#parts = parts;
  }

  /** Forgets what is over now, and looks again later: soon if there may be more. */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweepOnce();
    return this.#sweeping;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    const { store, clock, settings, logger } = this.#parts;
    let forgotten = 0;
    try {
      const before = clock.now() - settings.KEEP_KEYS_HOURS * hour;
      forgotten = await store.forgetKeys(before, limits.keysForgottenAtOnce);
    } catch (error) {
      logger.error({ error: describeError(error) }, 'old idempotency keys could not be forgotten');
    }
    if (this.#stopped) return;
    const waitMs = forgotten > 0 ? limits.forgetMoreKeysMs : limits.forgetKeysEveryMs;
    this.#cancel = clock.schedule(() => void this.sweep(), waitMs);
  }
}
