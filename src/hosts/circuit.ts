// The circuit of one service: closed, open after repeated failures, half open while one call tries. States and counting are
// cockatiel's. It has no clock (cockatiel's waits are 0): when to try again is said by whoever asks, so a simulated time is enough.
import { type CircuitBreakerPolicy, CircuitState, CountBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { Settings } from '../config.ts';

export type CircuitSettings = Pick<Settings, 'CIRCUIT_CALLS' | 'CIRCUIT_FAILED_PERCENT'>;

export class Circuit {
  readonly #policy: CircuitBreakerPolicy | undefined;

  /** Opens when more than the share of so many last calls failed; never with 0 calls. */
  constructor({ CIRCUIT_CALLS: size, CIRCUIT_FAILED_PERCENT: percent }: CircuitSettings) {
    if (size === 0) return;
    const breaker = new CountBreaker({ threshold: percent / 100, size });
    this.#policy = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker });
  }

  get isClosed(): boolean {
    return this.#policy === undefined || this.#policy.state === CircuitState.Closed;
  }

  /** What a call came to. While the circuit is open, only that of the one that tries may be noted. */
  async note(isFailure: boolean): Promise<void> {
    try {
      await this.#policy?.execute(() => {
        if (isFailure) throw new Failure();
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
}

class Failure extends Error {}
