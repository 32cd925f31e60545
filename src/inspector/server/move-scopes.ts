// Which scope each move needs, learned from the routes that make the moves: what the page offers cannot differ from what
// the API accepts. It decides nothing.
import type { FastifyInstance } from 'fastify';
import { type Scope, scopeNames } from '../../access.ts';

const moveRoute = /^\/orders\/:\w+\/([\w-]+)$/;

/** By the last part of a move's address; filled while routes are added to `api`, of which none may have been so far. */
export const collectMoveScopes = (api: FastifyInstance): Readonly<Record<string, Scope>> => {
  const found: Record<string, Scope> = {};
  api.addHook('onRoute', ({ method, url, config }) => {
    const name = [method].flat().includes('POST') ? moveRoute.exec(url)?.[1] : undefined;
    const scope = scopeNames.find((each) => each === config?.access);
    if (name !== undefined && scope !== undefined) found[name] = scope;
  });
  return found;
};
