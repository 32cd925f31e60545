// One HTTP request that always ends: with an answer, or with none. It never throws: to a client of a service that
// may be killed at any moment, no answer is an outcome like any other.
import { clearTimeout, setTimeout } from 'node:timers';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/** Undefined if there was no answer within `timeoutMs`, or before `signal`: then nothing is known. */
export const tryRequest = async (
  url: string,
  timeoutMs: number,
  request: RequestInit = {},
  signal?: AbortSignal,
): Promise<Answer | undefined> => {
  const abort = new AbortController();
  const gaveUp = Promise.withResolvers<undefined>();
  const send = async (): Promise<Answer | undefined> => {
    try {
      const response = await fetch(url, { ...request, signal: abort.signal });
      const { status, headers } = response;
      return { status, text: await response.text(), retryAfter: headers.get('retry-after') };
    } catch {
      return undefined;
    }
  };
  const giveUp = () => {
    abort.abort();
    gaveUp.resolve(undefined);
  };
  const timer = setTimeout(giveUp, timeoutMs);
  signal?.addEventListener('abort', giveUp, { once: true });
  // The race is necessary: a request to a process that dies can outlive its own signal.
  const answer = await Promise.race([send(), gaveUp.promise]);
  clearTimeout(timer);
  signal?.removeEventListener('abort', giveUp);
  return answer;
};
