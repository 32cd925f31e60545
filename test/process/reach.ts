// One HTTP request that always comes to an end: an answer, or none after `patienceMs`. It never throws: for
// whoever asks a service that may be killed at any moment, no answer is an outcome like any other.
import { clearTimeout, setTimeout } from 'node:timers';

interface Reached {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/** Undefined: no answer, and nothing is known. */
export const reach = async (
  url: string,
  patienceMs: number,
  init: RequestInit = {},
): Promise<Reached | undefined> => {
  const giveUp = new AbortController();
  const ask = async (): Promise<Reached | undefined> => {
    try {
      const response = await fetch(url, { ...init, signal: giveUp.signal });
      const { status, headers } = response;
      return { status, text: await response.text(), retryAfter: headers.get('retry-after') };
    } catch {
      return undefined;
    }
  };
  const tooLong = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    giveUp.abort();
    tooLong.resolve(undefined);
  }, patienceMs);
  // The race, because a request to a process that dies was seen to outlive its signal.
  const reached = await Promise.race([ask(), tooLong.promise]);
  clearTimeout(timer);
  return reached;
};
