// A span for each request but the probes, as a part of the trace in its `traceparent`. It says which route was asked, never
// an address with its query, a body, or who asked.
import { type Context, context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Tracing } from '../../tracing.ts';

export const addRequestTraces = (app: FastifyInstance, tracing: Tracing): void => {
  const open = new WeakMap<FastifyRequest, Context>();
  app.addHook('onRequest', (request, reply, done) => {
    const { url, config } = request.routeOptions;
    if (config.access === 'open') return done();
    const span = tracing.startRequest(request.method, request.headers);
    const route = request.is404 ? undefined : url;
    if (route !== undefined) span.updateName(`${request.method} ${route}`).setAttribute('http.route', route);
    open.set(request, trace.setSpan(ROOT_CONTEXT, span));
    reply.raw.once('close', () => {
      const { statusCode } = reply.raw;
      span.setAttribute('http.response.status_code', statusCode);
      if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    return done();
  });
  // After the body was read: what is active is lost while a stream is.
  app.addHook('preHandler', (request, _reply, done) => context.with(open.get(request) ?? ROOT_CONTEXT, done));
};
