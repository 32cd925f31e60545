// Who is signed in, and every request of the page: one that is refused because the session has ended leads to where people
// sign in, and back. Where no key is asked for, nobody is signed in and everything is offered.
import { useSyncExternalStore } from 'react';
import { toPublic } from './addresses.tsx';

/** What the service says of its caller. */
interface Session {
  /** null: no key is asked for. */
  readonly principal: string | null;
  readonly scopes: readonly string[];
  readonly signedIn: boolean;
}

/** What is known until the service has said more: every button is offered, and the service decides. */
interface Known {
  readonly session: Session | undefined;
  /** What the service refused to show, in its own words. */
  readonly refusal: { readonly path: string; readonly text: string } | undefined;
}

let known: Known = { session: undefined, refusal: undefined };
const listeners = new Set<() => void>();
const learn = (news: Partial<Known>): void => {
  known = { ...known, ...news };
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useKnown = (): Known => useSyncExternalStore(subscribe, () => known);

const sessionPath = '/session';

const goToSignIn = (): void => {
  const { pathname, search, hash } = window.location;
  const here = (pathname + search + hash).slice(toPublic('').length);
  window.location.replace(`${toPublic('/sign-in')}?to=${encodeURIComponent(here)}`);
};

/** If the session has ended, the browser leaves this page, and there is no answer. */
export const heed = async (response: Response): Promise<Response> => {
  if (response.status === 401) {
    goToSignIn();
    return new Promise<never>(() => {});
  }
  // What is offered is what another key allows: someone signed in with it, in another tab.
  if (response.status === 403 && !response.url.endsWith(sessionPath)) void readSession();
  return response;
};

/**
 * Asks the service. If the session has ended, the browser leaves this page, and there is no answer.
 * @throws TypeError if the service does not answer.
 */
export const ask = async (path: string, init?: RequestInit): Promise<Response> =>
  heed(await fetch(toPublic(path), init));

/** What the service says of why it refused. */
export const toRefusal = async (response: Response): Promise<string> => {
  const problem: { title?: string; detail?: string } = await response.json().catch(() => ({}));
  return `${problem.title ?? `HTTP status ${response.status}`}. ${problem.detail ?? ''}`.trim();
};

export const forgetRefusal = (): void => learn({ refusal: undefined });

/** Reads what the page shows. What is refused is said at the top of the page, and is undefined here. */
export const read = async <T>(path: string, signal?: AbortSignal): Promise<T | undefined> => {
  const response = await ask(path, signal === undefined ? {} : { signal });
  if (response.ok) {
    const answer: T = await response.json();
    if (known.refusal?.path === path) forgetRefusal();
    return answer;
  }
  learn({ refusal: { path, text: await toRefusal(response) } });
  return undefined;
};

/** Learns who is signed in. A stream that broke off does not say why: this leads to where people sign in, if that is why. */
export const readSession = async (): Promise<void> => {
  const response = await ask(sessionPath).catch(() => undefined);
  if (response?.ok) learn({ session: await response.json() });
};

/** Ends the session. Undefined: the page is left; otherwise why it goes on. */
export const signOut = async (): Promise<string | undefined> => {
  const response = await ask('/session/end', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  }).catch(() => undefined);
  if (response?.ok) {
    window.location.assign(toPublic('/sign-in'));
    return undefined;
  }
  return response === undefined ? 'The service does not answer. Try again.' : toRefusal(response);
};
