// How a request is refused: everything that is thrown becomes one application/problem+json answer. It never
// shows what an unexpected error says; that goes to the log, by named fields, with the request's id.
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Ids } from '../../clock.ts';
import { publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { toLogText } from '../log-text.ts';
import { type FieldError, type ProblemCode, problemKinds, toProblemCode, toProblemType } from './problems.ts';
import type { ProblemJson } from './schemas.ts';

/** Fields with something wrong that one answer lists, at most, and the longest echo of a field's name. */
const listedErrors = 50;
const longestEcho = 200;

const shorten = (text: string): string =>
  text.length <= longestEcho ? text : `${text.slice(0, longestEcho)}…`.toWellFormed();

/** RFC 6901. */
export const toPointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** An `invalid-request` (or a kin of it) that lists what is wrong with which field. */
export const invalid = (
  errors: readonly FieldError[],
  code:
    | 'invalid-request'
    | 'unknown-product'
    | 'product-off-sale'
    | 'price-mismatch'
    | 'currency-mismatch'
    | 'total-mismatch'
    | 'total-below-zero'
    | 'card-number' = 'invalid-request',
): AppError => {
  const listed = errors
    .slice(0, listedErrors)
    .map(({ path, message }) => ({ path: shorten(path), message: shorten(message) }));
  const [first] = listed;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const detail = first === undefined ? '' : `${first.path || 'The body'}: ${first.message}${more}.`;
  return new AppError(code, detail, { errors: listed });
};

type HttpPart = 'body' | 'querystring' | 'params' | 'headers';
const toPath: Readonly<Record<HttpPart, (path: readonly PropertyKey[]) => string>> = {
  body: toPointer,
  querystring: (path) => `?${path.map(String).join('.')}`,
  params: (path) => `{${path.map(String).join('.')}}`,
  headers: (path) => path.map(String).join('.'),
};

const toFieldErrors = (part: HttpPart, issue: z.core.$ZodIssue): FieldError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: toPath[part]([...issue.path, key]),
      message: 'is not known here',
    }));
  }
  const message = issue.message.endsWith('received undefined') ? 'is required' : issue.message;
  return [{ path: toPath[part](issue.path), message }];
};

const isHttpPart = (part: string | undefined): part is HttpPart =>
  part !== undefined && Object.hasOwn(toPath, part);

/** What Fastify calls to check one part of a request: the route's zod schema, strictly. */
export const compileValidator = ({ schema, httpPart }: { schema: z.core.$ZodType; httpPart?: string }) => {
  const part = isHttpPart(httpPart) ? httpPart : 'body';
  return (given: unknown): { value: unknown } | { error: AppError } => {
    const checked = z.core.safeParse(schema, given);
    if (checked.success) return { value: checked.data };
    const errors = checked.error.issues.flatMap((issue) => toFieldErrors(part, issue));
    const keyIsMissing = errors.some(
      ({ path, message }) => path === 'idempotency-key' && message === 'is required',
    );
    return {
      error: keyIsMissing
        ? new AppError('idempotency-key-missing', 'Send an Idempotency-Key header.')
        : invalid(errors),
    };
  };
};

const codesOfFramework: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported-media-type',
  FST_ERR_MAX_PARAM_LENGTH: 'address-too-long',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};
/** What files are refused with. */
const codesOfStatus: Readonly<Record<number, ProblemCode>> = {
  404: 'route-not-found',
  412: 'precondition-failed',
  416: 'range-not-satisfiable',
};
const thrown = z.looseObject({
  code: z.string().optional(),
  statusCode: z.int().optional(),
  expose: z.boolean().optional(),
  headers: z.looseObject({ 'Content-Range': z.string().optional() }).optional(),
});

interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const toRefusal = (error: unknown): Refusal => {
  if (error instanceof AppError) {
    const code = toProblemCode(error.code);
    if (code !== 'internal-error') return { code, detail: error.message, details: error.details };
  } else {
    const { code, statusCode = 500, expose } = thrown.safeParse(error).data ?? {};
    const known = code === undefined ? undefined : codesOfFramework[code];
    if (known !== undefined) return { code: known, detail: problemKinds[known].text, details: {} };
    const ofFramework = expose === true || /^(?:FST_|HPE_|ECONNRESET$)/.test(code ?? '');
    if (ofFramework && statusCode >= 400 && statusCode < 500) {
      const ofFile = codesOfStatus[statusCode];
      if (ofFile !== undefined) return { code: ofFile, detail: problemKinds[ofFile].text, details: {} };
      return { code: 'invalid-request', detail: 'The request could not be read.', details: {} };
    }
  }
  return { code: 'internal-error', detail: problemKinds['internal-error'].text, details: {} };
};

/** @param path what clients' addresses begin with */
const toProblem = ({ code, detail, details }: Refusal, requestId: string, path: string): ProblemJson => ({
  type: toProblemType(code),
  title: problemKinds[code].title,
  status: problemKinds[code].status,
  detail,
  instance: `urn:uuid:${requestId}`,
  // Only these: other details of an AppError are for the caller inside the program.
  ...Object.fromEntries(
    ['errors', 'moves', 'version', 'newest'].flatMap((name) =>
      details[name] === undefined ? [] : [[name, details[name]]],
    ),
  ),
  ...(typeof details['location'] === 'string' && { location: path + details['location'] }),
});

const sendRefusal = (request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply => {
  const { status, retryAfter: usual } = problemKinds[refusal.code];
  const retryAfter = refusal.details['retryAfter'] ?? usual;
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  const { location } = refusal.details;
  if (typeof location === 'string') reply.header('location', location);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="orderchart"');
  return reply
    .code(status)
    .header('x-request-id', request.id)
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(toProblem(refusal, request.id, publicPath({ PUBLIC_URL: request.publicUrl }))));
};

const logUnexpected = (logger: FastifyBaseLogger, request: FastifyRequest, error: unknown): void => {
  logger.error(
    {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      error: toLogText(error),
    },
    'a request failed unexpectedly',
  );
};

/** Sends whatever a route throws as a problem. */
export const answerError =
  (logger: FastifyBaseLogger) => (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const refusal = toRefusal(error);
    if (refusal.code === 'internal-error') logUnexpected(logger, request, error);
    const contentRange = thrown.safeParse(error).data?.headers?.['Content-Range'];
    if (refusal.code === 'range-not-satisfiable') reply.header('content-range', contentRange);
    return sendRefusal(request, reply, refusal);
  };

/** Whether a part of the address that names something is empty, as in `/orders/`. */
export const hasEmptyPart = ({ params }: FastifyRequest): boolean =>
  Object.entries(Object(params)).some(([name, value]) => value === '' && name !== '*');

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** 405 with Allow if the address has other methods, 404 otherwise. */
export const answerUnknownRoute =
  (app: FastifyInstance) => (request: FastifyRequest, reply: FastifyReply) => {
    const [address = '/'] = request.url.split('?');
    const isWhole = address === '/' || !address.split('/').slice(1).includes('');
    const allowed = methods.filter((method) => {
      const route = app.findRoute({ method, url: address });
      return route !== null && (isWhole || Object.values(route.params).every((name) => name === '*'));
    });
    if (allowed.length === 0 || allowed.some((method) => method === request.method)) {
      const detail = 'No route has this address.';
      return sendRefusal(request, reply, { code: 'route-not-found', detail, details: {} });
    }
    const detail = `This address accepts ${allowed.join(', ')}.`;
    reply.header('allow', allowed.join(', '));
    return sendRefusal(request, reply, { code: 'method-not-allowed', detail, details: {} });
  };

/** The last answer that was begun on each connection. */
type LastAnswers = WeakMap<Socket, ServerResponse>;

/** Notes which answer is begun on which connection. */
export const watchAnswers = (server: Server, answers: LastAnswers): void => {
  server.on('request', ({ socket }, response) => answers.set(socket, response));
};

/** Answers bytes that never became a request: broken, too large, or too slow. */
export const answerBrokenConnection =
  (ids: Ids, answers: LastAnswers) =>
  (error: Error & { code: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const last = answers.get(socket);
    // A request has one answer: nothing may be written into one that has begun.
    if (last?.headersSent && !(last.writableFinished && last.req.complete)) {
      socket.end(() => socket.destroy());
      return;
    }
    const code = codesOfFramework[error.code] ?? 'invalid-request';
    const refusal = { code, detail: problemKinds[code].text, details: {} };
    const { status } = problemKinds[refusal.code];
    const body = JSON.stringify(toProblem(refusal, ids.next(), ''));
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  };
