// What every request gets: an id, security headers, the question whether it is let in, one log line and one metric. It
// never logs an address with its query, a body, an e-mail or a name.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Histogram } from 'prom-client';
import type { Ids } from '../../clock.ts';
import { publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Admit } from './admit.ts';
import type { ConnectedDependencies } from './dependencies.ts';
import { hasEmptyPart } from './errors.ts';
import type { Gate } from './gate.ts';
import { createReadBudget } from './read-budget.ts';
import { toSecurityHeaders } from './security-headers.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The caller's `X-Request-Id` if it is a UUID, a new one otherwise. */
export const toRequestId =
  (ids: Ids) =>
  (request: IncomingMessage): string => {
    const given = request.headers['x-request-id'];
    return typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : ids.next();
  };

export const addRequestRules = (
  app: FastifyInstance,
  gate: Gate,
  admit: Admit,
  { host, settings, clock, disconnects, logger, metrics }: ConnectedDependencies,
): void => {
  const headers = toSecurityHeaders(settings);
  const reads = createReadBudget(settings, clock);
  const durations = new Histogram({
    name: 'orderchart_http_request_seconds',
    help: 'time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [metrics],
  });
  const record = (request: FastifyRequest, reply: FastifyReply): void => {
    const { method } = request;
    const { statusCode: status } = reply.raw;
    const route = request.is404 ? null : (request.routeOptions.url ?? null);
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    durations.observe({ method, route: route ?? 'none', status: String(status) }, ms / 1000);
    const { principal } = request.caller ?? {};
    const from = principal === undefined ? {} : { principal };
    logger.info({ requestId: request.id, method, route, status, ms, ...from }, 'request');
  };
  const whyRefused = (request: FastifyRequest): Error | undefined =>
    disconnects.closing() ? new AppError('closing', 'The server is stopping.') : gate.whyRefused(request);
  /** Before the body is read and anything is looked up: a refusal must cost a small part of what is refused. */
  const whyTooMuch = (request: FastifyRequest): Error | undefined => {
    if (reads.isRead(request)) return reads.whyRefused(request.socket);
    if (host.acceptsWrites() || request.method !== 'POST' || request.is404) return undefined;
    return new AppError('overloaded', 'Too much waits to be stored; try again in a moment.');
  };
  const begin = (request: FastifyRequest, reply: FastifyReply, done: (why?: Error) => void): void => {
    if (hasEmptyPart(request)) {
      reply.callNotFound();
      return;
    }
    const why = whyTooMuch(request);
    if (why === undefined && reads.isRead(request)) reads.begin(reply.raw);
    done(why);
  };
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers);
    reply.header('x-request-id', request.id);
    // `close` is emitted for every answer, even if the client left; `finish` is not.
    reply.raw.once('close', () => record(request, reply));
    gate.openToOrigin(request, reply);
    const why = whyRefused(request);
    if (why !== undefined) done(why);
    else if (gate.isPreflight(request)) gate.answerPreflight(reply);
    else admit(request, reply, () => begin(request, reply, done), done);
  });
  const path = publicPath(settings);
  app.addHook('onSend', ({ publicUrl }, reply, payload, done) => {
    reads.noteMade(reply.raw);
    const location = reply.getHeader('location');
    if (publicUrl !== '' && typeof location === 'string' && location.startsWith('/')) {
      reply.header('location', path + location);
    }
    if (disconnects.closing()) reply.header('connection', 'close');
    done(null, payload);
  });
  const silent = watchSilentConnections(app);
  app.addHook('preClose', (done) => {
    disconnects.close();
    for (const socket of silent) socket.destroy();
    done();
  });
};

/** Connections that have not sent a request yet: a closing server would wait for them for ever. */
const watchSilentConnections = (app: FastifyInstance): ReadonlySet<Socket> => {
  const silent = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }) => silent.delete(socket));
  return silent;
};
