// Who a request comes from, and whether its route is open to them: deny by default. Each route declares what opens it; one
// that does not fails the start. It knows no route, and stores nothing.
import type { FastifyContextConfig, FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { type Access, isAccess, type Keys, type Scope, scopes } from '../../access.ts';
import { identify, nobody } from '../../callers.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';

export interface Authorization {
  /** Sets the request's caller, or says why the route is closed to it. */
  whyRefused(request: FastifyRequest): AppError | undefined;
}

const nameNeeded =
  'This needs a key with the scope admin. The first one is made on the machine of the service: orderchart keys create.';

const isScope = (access: Access): access is Scope => Object.hasOwn(scopes, access);

const missing: FastifyContextConfig = { forCustomers: true };
const toDeclared = ({
  routeOptions: { config },
  is404,
  hasAdminRoutes,
}: FastifyRequest): FastifyContextConfig => (is404 || isElsewhere(config, hasAdminRoutes) ? missing : config);

/** Whether a route is on the other port. */
export const isElsewhere = ({ isAdmin }: FastifyContextConfig, hasAdminRoutes: boolean): boolean =>
  isAdmin === true && !hasAdminRoutes;

export const createAuthorization = (
  keys: Keys,
  { OPEN_TO_EVERYONE }: Pick<Settings, 'OPEN_TO_EVERYONE'>,
): Authorization => ({
  whyRefused: (request) => {
    // An address without a route says nothing of which there are, nor does a route that is not on this port.
    const { access = 'any-key', forCustomers, forNamed } = toDeclared(request);
    request.caller = nobody;
    if (access === 'open' || access === 'signed') return undefined;
    const caller = identify(request, keys, OPEN_TO_EVERYONE === '1');
    if (caller instanceof AppError) {
      return access === 'sign-in' && caller.code === 'key-required' ? undefined : caller;
    }
    request.caller = caller;
    if (access === 'sign-in') return undefined;
    if (isScope(access) && !caller.may(access)) {
      return new AppError('scope-missing', `This needs a key with the scope ${access}: ${scopes[access]}.`);
    }
    if (forNamed === true && caller.principal === undefined) return new AppError('key-required', nameNeeded);
    if (caller.owner === undefined || forCustomers === true || request.is404) return undefined;
    return new AppError('scope-missing', 'This needs a key that is not bound to a customer.');
  },
});

/** What the edge knows of each request. */
export const decorateRequests = (
  app: FastifyInstance,
  keys: Keys,
  { OPEN_TO_EVERYONE }: Pick<Settings, 'OPEN_TO_EVERYONE'>,
): void => {
  app.decorateRequest('caller');
  app.decorateRequest('publicUrl');
  app.decorateRequest('hasAdminRoutes');
  app.decorateRequest('isStillAdmitted', function isStillAdmitted(this: FastifyRequest) {
    const { keyId } = this.caller;
    // Whoever came in without a key may stay only while none is asked for.
    if (keyId === undefined) return OPEN_TO_EVERYONE === '1' || keys.firstMadeAt() === undefined;
    return keys.isValid(keyId);
  });
};

/** A route that does not say what opens it fails the start. */
export const requireDeclaredAccess = (app: FastifyInstance): void => {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', (done) => {
    const undeclared = routes.filter(({ config }) => !isAccess(config?.access));
    const names = undeclared.map(({ method, url }) => `${[method].flat().join(', ')} ${url}`);
    done(names.length === 0 ? undefined : toUndeclared(names));
  });
};

const toUndeclared = (names: readonly string[]): Error =>
  new Error(
    `These routes do not say what opens them (config.access is a scope, any-key, sign-in, signed or open): ${names.join('; ')}`,
  );

/** Declares the routes of a package that knows nothing of access, in a scope of their own. */
export const declareRoutes = (scope: FastifyInstance, config: FastifyContextConfig): void => {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, ...config };
  });
};
