// Whether a request is let in, before anything is read or looked up: by the name that it asks for, the page that it comes
// from, and its media type; and what pages of allowed origins may read (CORS). It knows no route and no caller.
import type { IncomingMessage } from 'node:http';
import { errorCodes, type FastifyReply, type FastifyRequest } from 'fastify';
import { createAdmission } from '../../admission.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';

export interface Gate {
  whyRefused(request: FastifyRequest): Error | undefined;
  /** Lets pages of allowed origins read the answer, whatever it will be. */
  openToOrigin(request: FastifyRequest, reply: FastifyReply): void;
  /** Whether a browser asks for an allowed origin what it may send. */
  isPreflight(request: FastifyRequest): boolean;
  answerPreflight(reply: FastifyReply): void;
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);
const exposed =
  'etag, idempotency-replayed, location, preference-applied, ratelimit, ratelimit-policy, retry-after, x-request-id';
const preflight = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, prefer, traceparent, tracestate, x-request-id',
  'access-control-max-age': '600',
};

/** The name in an address such as `http://shop.example/orders`, which says it instead of the header Host. */
const toNameInAddress = (address: string): string | undefined => /^[a-z]+:\/\/([^/?#]*)/i.exec(address)?.[1];

/** Whether the header Host is there more than once, as RFC 9112 forbids: a proxy may have gone by the other one. */
const hasSeveralHosts = ({ rawHeaders }: IncomingMessage): boolean => {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count > 1;
};

export const createGate = (settings: Settings): Gate => {
  const admission = createAdmission(settings);
  const isOpen = settings.CORS_ORIGINS.length > 0;
  /** The first name in the request that is not ours. */
  const findForeignName = (request: FastifyRequest): string | undefined => {
    const { headers, host, raw } = request;
    // A page can send what a proxy would forward, so the name in Host has to be ours, too.
    const names = [headers.host ?? '', host, toNameInAddress(raw.url ?? '') ?? host];
    const foreign = names.find((name) => !admission.isOurs(name));
    return foreign === undefined || request.routeOptions.config.access === 'open' ? undefined : foreign;
  };
  const isAllowed = ({ headers: { origin } }: FastifyRequest): boolean =>
    isOpen && origin !== undefined && admission.isAllowed(origin);
  return {
    whyRefused: (request) => {
      if (hasSeveralHosts(request.raw))
        return new AppError('invalid-request', 'The header Host is there twice.');
      const name = findForeignName(request);
      if (name !== undefined) {
        const detail = `The service is not reached under the name ${JSON.stringify(name.slice(0, 100))}.`;
        return new AppError('unknown-host', `${detail} PUBLIC_HOSTS lists the names under which it is.`);
      }
      const { method, headers, host, protocol } = request;
      if (safe.has(method)) return undefined;
      if (!admission.isOurPage(headers, host, protocol === 'https')) {
        const detail = 'The request comes from a page of another site, which may not change anything here.';
        return new AppError('foreign-origin', `${detail} CORS_ORIGINS lists the origins that may.`);
      }
      // A page of any site can send a body of no type, or of a type of forms, without being asked first.
      if (request.is404 || request.mediaType === 'application/json') return undefined;
      return new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE();
    },
    openToOrigin: (request, reply) => {
      if (!isOpen) return;
      reply.header('vary', 'origin');
      if (!isAllowed(request)) return;
      reply.header('access-control-allow-origin', request.headers.origin);
      reply.header('access-control-expose-headers', exposed);
    },
    isPreflight: (request) =>
      request.method === 'OPTIONS' &&
      request.headers['access-control-request-method'] !== undefined &&
      isAllowed(request),
    answerPreflight: (reply) => {
      reply.code(204).headers(preflight).send();
    },
  };
};
