// Who a request comes from, and whether its route is open to them: deny by default. Each route declares what opens it; one
// that does not fails the start. It knows no route, and stores nothing.
import type { FastifyContextConfig, FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { type Access, type Keys, type Scope, scopes } from '../../access.ts';
import { identify, nobody } from '../../callers.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';

export interface Authorization {
  /** Sets the request's caller, or says why the route is closed to it. */
  whyRefused(request: FastifyRequest): AppError | undefined;
}

const isScope = (access: Access): access is Scope => Object.hasOwn(scopes, access);

export const createAuthorization = (
  keys: Keys,
  { OPEN_TO_EVERYONE }: Pick<Settings, 'OPEN_TO_EVERYONE'>,
): Authorization => ({
  whyRefused: (request) => {
    // An address without a route says nothing of which there are.
    const { access = 'any-key', forCustomers } = request.routeOptions.config;
    request.caller = nobody;
    if (access === 'open') return undefined;
    const caller = identify(request, keys, OPEN_TO_EVERYONE === '1');
    if (caller instanceof AppError) {
      return access === 'sign-in' && caller.code === 'key-required' ? undefined : caller;
    }
    request.caller = caller;
    if (access === 'sign-in') return undefined;
    if (isScope(access) && !caller.may(access)) {
      return new AppError('scope-missing', `This needs a key with the scope ${access}: ${scopes[access]}.`);
    }
    if (caller.owner === undefined || forCustomers === true) return undefined;
    return new AppError('scope-missing', 'This needs a key that is not bound to a customer.');
  },
});

/** A route that does not say what opens it fails the start. */
export const requireDeclaredAccess = (app: FastifyInstance): void => {
  app.decorateRequest('caller');
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', (done) => {
    const undeclared = routes.filter(({ config }) => config?.access === undefined);
    const names = undeclared.map(({ method, url }) => `${[method].flat().join(', ')} ${url}`);
    done(names.length === 0 ? undefined : toUndeclared(names));
  });
};

const toUndeclared = (names: readonly string[]): Error =>
  new Error(`These routes do not say what opens them (config.access): ${names.join('; ')}`);

/** Declares the routes of a package that knows nothing of access, in a scope of their own. */
export const declareRoutes = (scope: FastifyInstance, config: FastifyContextConfig): void => {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, ...config };
  });
};
