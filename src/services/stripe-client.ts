// The official client of Stripe's API: pinned to one version of it, without telemetry, and without requests that are sent
// again by themselves, because that is the charts' business. It knows no order.
import { AsyncLocalStorage } from 'node:async_hooks';
import Stripe from 'stripe';

/** The types of the package are those of this version; orders keep nothing of it. */
const apiVersion = '2026-10-28.endive';

export interface StripeAccess {
  readonly secretKey: string;
  /** Such as `https://api.stripe.com`. */
  readonly apiBase: string;
  readonly timeoutMs: number;
}

export interface StripeClient {
  readonly api: Stripe;
  /** Requests of `task` end with `signal`. */
  within<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

export const createStripeClient = ({ secretKey, apiBase, timeoutMs }: StripeAccess): StripeClient => {
  const signals = new AsyncLocalStorage<AbortSignal>();
  // With Node's own client the package repeats a request whose connection was closed, whatever its settings say.
  const send: typeof fetch = (url, init) => {
    const ends = [init?.signal, signals.getStore()].flatMap((signal) => signal ?? []);
    return fetch(url, { ...init, redirect: 'error', signal: AbortSignal.any(ends) });
  };
  const { hostname, port, protocol } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  const api = new Stripe(secretKey, {
    apiVersion,
    host: hostname,
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
    protocol: isPlain ? 'http' : 'https',
    httpClient: Stripe.createFetchHttpClient(send),
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: timeoutMs,
  });
  return { api, within: (signal, task) => signals.run(signal, task) };
};
