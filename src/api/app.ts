// The network edge: Fastify with every route, one way of checking, one way of refusing. It never listens by
// itself and knows of orders only what src/host.ts promises. Others may add routes of their own to it.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { limits } from '../config.ts';
import { readBodies } from './bodies.ts';
import { createDepartures } from './departures.ts';
import { addDocuments, addOpenApi } from './documents.ts';
import { addEvents } from './events.ts';
import { addInventory } from './inventory.ts';
import { addMoves } from './moves.ts';
import { addOperations } from './operations.ts';
import { addOrders } from './orders.ts';
import type { ApiParts, RouteParts } from './parts.ts';
import {
  answerBrokenConnection,
  answerError,
  answerUnknownRoute,
  compileValidator,
  watchAnswers,
} from './refusals.ts';
import { addRequestRules, toRequestId } from './requests.ts';

const createServer = ({ host, ids, logger }: ApiParts, requestTimeoutMs: number): FastifyInstance => {
  const refuse = answerError(logger);
  const loggerInstance: FastifyBaseLogger = logger;
  const answers = new WeakMap<Socket, ServerResponse>();
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: toRequestId(ids),
    bodyLimit: limits.bodyBytes,
    requestTimeout: requestTimeoutMs,
    // Without a shorter headersTimeout and frequent checks Node does not keep to requestTimeout.
    http: {
      headersTimeout: Math.ceil(requestTimeoutMs / 2),
      connectionsCheckingInterval: Math.ceil(Math.min(1000, requestTimeoutMs / 4)),
    },
    routerOptions: { maxParamLength: limits.parameterBytes },
    // requests.ts answers 503 as a problem; Fastify's own answer would not be one.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      reply.headers({ 'x-content-type-options': 'nosniff' });
      refuse(error, request, reply);
    },
    clientErrorHandler: answerBrokenConnection(ids, answers),
  });
  watchAnswers(app.server, answers);
  app.server.on('connection', () => host.knock());
  // Node would refuse an expectation that it does not know without a word; nobody has to meet one.
  app.server.on('checkExpectation', (...exchange) => app.server.emit('request', ...exchange));
  return app;
};

/** Builds the API; `listen` is the caller's. `requestTimeoutMs`: how long a request may take to arrive. */
export const createApi = (
  parts: ApiParts,
  { requestTimeoutMs = limits.requestTimeoutMs }: { readonly requestTimeoutMs?: number } = {},
): FastifyInstance => {
  const routeParts: RouteParts = { ...parts, departures: createDepartures() };
  const app = createServer(parts, requestTimeoutMs);
  app.setValidatorCompiler<z.core.$ZodType>(compileValidator);
  // Answers are typed by their schemas when they are written; checking them again would cost each one.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler(answerError(parts.logger));
  app.setNotFoundHandler(answerUnknownRoute(app));
  readBodies(app);
  addRequestRules(app, routeParts);
  addOpenApi(app);
  app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    addOrders(api, routeParts);
    addMoves(api, routeParts);
    addEvents(api, routeParts);
    addInventory(api, routeParts);
    addOperations(api, routeParts);
    addDocuments(api);
  });
  return app;
};
