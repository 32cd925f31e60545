// Idempotency keys as the provider has them: the first answer is kept for a day, a 500 too; other parameters under the same
// key are refused, and so is a second request while the first one runs. It knows nothing of what the requests do.
import { ApiError } from './account.ts';

const dayMs = 86_400_000;

export interface KeptAnswer {
  readonly key: string;
  readonly at: number;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: unknown;
}

export const createKeys = () => {
  let kept = new Map<string, KeptAnswer>();
  const running = new Set<string>();
  return {
    keep: (answer: KeptAnswer): void => {
      kept.set(answer.key, answer);
    },
    forget: (): void => {
      kept = new Map();
    },
    /** The answer that was given before. @throws ApiError for another request under the key, or one that still runs. */
    begin: (key: string, fingerprint: string, now: number): KeptAnswer | undefined => {
      if (running.has(key)) {
        throw new ApiError(409, { type: 'invalid_request_error', code: 'idempotency_key_in_use' });
      }
      const found = kept.get(key);
      if (found === undefined || now - found.at > dayMs) {
        running.add(key);
        return undefined;
      }
      if (found.fingerprint === fingerprint) return found;
      const message = 'Keys for idempotent requests can only be used with the same parameters.';
      throw new ApiError(400, { type: 'idempotency_error', message });
    },
    end: (key: string): void => {
      running.delete(key);
    },
  };
};
