// Which scope each move and each change of a service needs, learned from the routes that make them: what the page offers
// cannot differ from what the API accepts. It decides nothing.
import type { FastifyInstance } from 'fastify';
import { type Scope, scopeNames } from '../../access.ts';
import type { ServiceChange } from './protocol.ts';

const routes = {
  moves: /^POST \/orders\/:\w+\/([\w-]+)$/,
  services: /^(PUT \/services\/:\w+|POST \/incidents\/:\w+\/resolve)$/,
} as const;
const serviceChanges: Readonly<Record<string, ServiceChange>> = { PUT: 'pause', POST: 'resolve' };

interface FoundScopes {
  /** By the last part of a move's address. */
  readonly moves: Readonly<Record<string, Scope>>;
  /** Those that the API has. */
  readonly services: Readonly<Partial<Record<ServiceChange, Scope>>>;
}

/** Filled while routes are added to `api`, of which none may have been so far. */
export const collectScopes = (api: FastifyInstance): FoundScopes => {
  const moves: Record<string, Scope> = {};
  const services: Partial<Record<ServiceChange, Scope>> = {};
  api.addHook('onRoute', ({ method, url, config }) => {
    const scope = scopeNames.find((each) => each === config?.access);
    if (scope === undefined) return;
    for (const each of [method].flat()) {
      const move = routes.moves.exec(`${each} ${url}`)?.[1];
      const change = routes.services.test(`${each} ${url}`) ? serviceChanges[each] : undefined;
      if (move !== undefined) moves[move] = scope;
      if (change !== undefined) services[change] = scope;
    }
  });
  return { moves, services };
};
