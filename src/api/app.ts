// The network edge of any application: Fastify with one way of checking and one way of refusing. It never listens by
// itself and knows of orders only what src/host.ts promises. An application adds its routes to it.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { limits } from '../limits.ts';
import { decorateRequests, requireDeclaredAccess } from './edge/access.ts';
import { type AdminPort, createAdminPort } from './edge/admin-port.ts';
import { createAdmit } from './edge/admit.ts';
import { readBodies } from './edge/bodies.ts';
import { addConditions } from './edge/conditions.ts';
import { limitConnections } from './edge/connection-limit.ts';
import type { Api, ConnectedDependencies, EdgeDependencies } from './edge/dependencies.ts';
import { createDisconnects } from './edge/disconnects.ts';
import {
  answerBrokenConnection,
  answerError,
  answerUnknownRoute,
  compileValidator,
  watchAnswers,
} from './edge/errors.ts';
import { createGate, type Gate } from './edge/gate.ts';
import { addOpenApi } from './edge/open-api.ts';
import { createRateLimits } from './edge/rate-limits.ts';
import { addRequestRules, toRequestId } from './edge/requests.ts';
import { addRequestTraces } from './edge/traces.ts';
import { addFacts } from './facts.ts';
import { addKeys } from './keys.ts';
import { addNodes } from './nodes.ts';
import { addServiceIncidents } from './service-incidents.ts';
import { addServices } from './services.ts';
import { addSignIn } from './sign-in.ts';
import { addWebhooks } from './webhooks.ts';

const createServer = (
  { host, settings, ids, logger }: EdgeDependencies,
  gate: Gate,
  requestTimeoutMs: number,
): FastifyInstance => {
  const refuse = answerError(logger);
  const loggerInstance: FastifyBaseLogger = logger;
  const answers = new WeakMap<Socket, ServerResponse>();
  const app: FastifyInstance = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: toRequestId(ids),
    trustProxy: settings.TRUST_PROXY.length > 0 && settings.TRUST_PROXY,
    bodyLimit: limits.bodyBytes,
    requestTimeout: requestTimeoutMs,
    // Without a shorter headersTimeout and frequent checks Node does not keep to requestTimeout.
    http: {
      headersTimeout: Math.ceil(requestTimeoutMs / 2),
      connectionsCheckingInterval: Math.ceil(Math.min(1000, requestTimeoutMs / 4)),
      // Any other offer to upgrade (`curl --http2` makes one) is declined by an ordinary answer.
      shouldUpgradeCallback: ({ headers: { upgrade } }) =>
        app.server.listenerCount('upgrade') > 0 && upgrade?.toLowerCase() === 'websocket',
    },
    routerOptions: { maxParamLength: limits.parameterBytes },
    // requests.ts answers 503 as a problem; Fastify's own answer would not be one.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      reply.headers({ 'x-content-type-options': 'nosniff' });
      refuse(gate.whyRefused(request) ?? error, request, reply);
    },
    clientErrorHandler: answerBrokenConnection(ids, answers),
  });
  limitConnections(app.server, settings);
  watchAnswers(app.server, answers);
  app.server.on('connection', () => host.noteConnection());
  // Node would refuse an unknown expectation without a body; ignoring it is allowed.
  app.server.on('checkExpectation', (...exchange) => app.server.emit('request', ...exchange));
  return app;
};

interface ApiOptions {
  /** How long a request may take to arrive. */
  readonly requestTimeoutMs?: number;
  /** The second port that the API will listen on. */
  readonly adminPort?: AdminPort;
}

/** Adds an application's routes. `disconnects` reports when clients disconnect and the server closes. */
export type AddRoutes = (api: Api, connected: Pick<ConnectedDependencies, 'disconnects'>) => void;

/**
 * Builds an application's API; `listen` is the caller's.
 */
export const createApi = (
  dependencies: EdgeDependencies,
  addRoutes: AddRoutes,
  {
    requestTimeoutMs = limits.requestTimeoutMs,
    adminPort = createAdminPort(dependencies.settings),
  }: ApiOptions = {},
): FastifyInstance => {
  const disconnects = createDisconnects();
  const gate = createGate(dependencies.settings);
  const app = createServer(dependencies, gate, requestTimeoutMs);
  app.setValidatorCompiler<z.core.$ZodType>(compileValidator);
  // Answers are typed by their schemas when they are written; checking them again would cost each one.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler(answerError(dependencies.logger));
  app.setNotFoundHandler(answerUnknownRoute(app));
  if (dependencies.tracing) addRequestTraces(app, dependencies.tracing);
  readBodies(app);
  const { keys, settings } = dependencies;
  decorateRequests(app, keys, settings);
  requireDeclaredAccess(app);
  const rateLimits = createRateLimits(settings);
  const admit = createAdmit({ keys, settings, rateLimits, adminPort });
  addRequestRules(app, gate, admit, { ...dependencies, disconnects });
  addConditions(app);
  addOpenApi(app, settings);
  app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    addSignIn(api, { keys, rateLimits, settings });
    addKeys(api, keys);
    addFacts(api, dependencies);
    addServiceIncidents(api, dependencies.incidents, dependencies);
    addServices(api, dependencies);
    addNodes(api, dependencies);
    if (dependencies.webhooks) addWebhooks(api, dependencies.webhooks, dependencies);
    addRoutes(api, { disconnects });
  });
  return app;
};
