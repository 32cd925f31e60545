// A typed client of the HTTP API, for browsers and Node: the package's export `orderchart/client`. It knows the API's
// document (client/openapi.ts, generated) and `fetch`, and nothing of the server's code.
import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from './client/openapi.ts';

export type * from './client/openapi.ts';
export type { Client };

export interface ClientOptions {
  /** Where the service is, such as `https://shop.example/orders-desk`; in a page also a path. */
  readonly url: string;
  /** An API key, sent as `Authorization: Bearer …`. */
  readonly key?: string | undefined;
  /**
   * How often a request is sent, at most, while no answer comes or the service says when to come again; 3 if it is left out.
   * A repeated POST has the same Idempotency-Key, so it takes effect once. What would not (a new API key, a note) is not sent
   * again where no answer came.
   */
  readonly tries?: number | undefined;
  /** Makes an Idempotency-Key for each POST that has none. Left out: 128 random bits. */
  readonly newKey?: (() => string) | undefined;
  /** Left out: the platform's. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** A new key for a new intention. Unlike `crypto.randomUUID` it is also there in pages without TLS. */
export const newIdempotencyKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A service that asks for more patience gets its answer passed on. */
const longestPauseMs = 30_000;
const firstPauseMs = 250;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    }, ms);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
  });

/** ms after which the service wants the request again; undefined where its answer is final. */
const toPauseMs = ({ status, headers }: Response): number | undefined => {
  const seconds = headers.get('retry-after');
  if (![409, 429, 503].includes(status) || seconds === null || !/^\d+$/.test(seconds)) return undefined;
  const ms = Number(seconds) * 1000;
  return ms > longestPauseMs ? undefined : ms;
};

/** What a service does each time that it is asked, whatever the Idempotency-Key: it makes a key, and adds a remark. */
const doneEachTime = /\/(?:keys|keys\/[^/]+\/rotate|orders\/[^/]+\/notes)$/;

/** What a request without an answer did is not known: whether it may be done twice. */
const mayBeRepeated = ({ method, url }: Request): boolean =>
  method === 'POST' ? !doneEachTime.test(new URL(url).pathname) : method === 'GET' || method === 'HEAD';

/** Sends a request again while that is safe and may help. */
const createPersistentFetch =
  (tries: number, send: (request: Request) => Promise<Response>) =>
  async (request: Request): Promise<Response> => {
    const isRepeatable = mayBeRepeated(request);
    for (let attempt = 1; attempt < tries; attempt += 1) {
      let pauseMs = firstPauseMs * 2 ** (attempt - 1);
      try {
        const response = await send(request.clone());
        const wanted = toPauseMs(response);
        if (wanted === undefined) return response;
        await response.body?.cancel();
        pauseMs = wanted;
      } catch (error) {
        if (!isRepeatable || request.signal.aborted) throw error;
      }
      await pause(pauseMs, request.signal);
    }
    return send(request);
  };

/**
 * A client of the service at `url`, with a method for each HTTP method: `client.GET('/orders/{id}', { params: … })`. Each
 * resolves to `data` or, where the service refuses, to `error`, which is a problem (RFC 9457); it rejects where no answer
 * comes. `Paths` are those of the shop, or of another application.
 */
export const createClient = <Paths extends object = paths>({
  url,
  key,
  tries = 3,
  newKey = newIdempotencyKey,
  fetch: send = (request) => fetch(request),
}: ClientOptions): Client<Paths> => {
  const client = createFetchClient<Paths>({
    baseUrl: url,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    fetch: createPersistentFetch(tries, send),
  });
  client.use({
    onRequest: ({ request }) => {
      if (request.method !== 'POST' || request.headers.has('idempotency-key')) return;
      request.headers.set('idempotency-key', newKey());
    },
  });
  return client;
};
