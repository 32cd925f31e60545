// The page's client of the public API. The moves of any application have addresses of the same form; which there are is
// said by the server.
import { createClient } from '../../client.ts';
import { toPublic } from './addresses.tsx';
import { heed } from './session.ts';

interface Move {
  readonly parameters: {
    readonly path: { readonly id: string };
    readonly header: { readonly 'idempotency-key': string; readonly 'if-match'?: string };
  };
  readonly requestBody: {
    readonly content: { readonly 'application/json': Readonly<Record<string, unknown>> };
  };
  readonly responses: {
    readonly 200: { readonly content: { readonly 'application/json': unknown } };
    readonly default: {
      readonly content: {
        readonly 'application/problem+json': { readonly title?: string; readonly detail?: string };
      };
    };
  };
}
type MovePaths = { readonly [Path in `/orders/{id}/${string}`]: { readonly post: Move } };

/** Where the API is. A person sees that no answer came, and decides whether to repeat. */
export const service = {
  url: new URL(toPublic(''), window.location.origin).href,
  tries: 1,
  fetch: async (request: Request) => heed(await fetch(request)),
};

export const movesApi = createClient<MovePaths>(service);
