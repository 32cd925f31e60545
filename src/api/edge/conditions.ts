// What RFC 9110 says of conditions and ranges, for all routes: If-Match and If-None-Match against the ETag of an answer,
// ranges that cannot be sent, and changes under a condition that their route does not check. It makes no ETags.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The ETag stands for a part of the answer: with the same one, the rest may be another. It is never 304 for it. */
    etagOfPart?: boolean;
  }
}

const readMethods = new Set(['GET', 'HEAD']);
const toTags = (field: string): readonly string[] => field.match(/(?:W\/)?"[^"]*"/g) ?? [];
const toOpaque = (tag: string): string => tag.replace(/^W\//, '');

/** Compares strongly: a weak tag matches nothing. */
const isMatch = (field: string, tag: string | undefined): boolean =>
  field.trim() === '*' || (tag?.startsWith('"') === true && toTags(field).includes(tag));

/** Compares weakly: the same tag, weak or not. */
const isNoneMatch = (field: string, tag: string | undefined): boolean => {
  if (field.trim() === '*') return false;
  return tag === undefined || !toTags(field).some((each) => toOpaque(each) === toOpaque(tag));
};

const failed = (name: string): AppError =>
  new AppError('precondition-failed', `The condition in ${name} does not hold for what is there now.`);

/** Whether the route itself looks at a header: then its schema has it. */
const checks = ({ routeOptions: { schema } }: FastifyRequest, name: string): boolean => {
  const headers: unknown = schema?.headers;
  return headers instanceof z.ZodObject && name in headers.shape;
};

/** A change under a condition that nobody checks is not made: its caller would believe that it was checked. */
const findUnchecked = (request: FastifyRequest): AppError | undefined => {
  const { method, headers } = request;
  const match = headers['if-match'];
  if (match !== undefined && match.trim() !== '*' && !checks(request, 'if-match')) return failed('If-Match');
  const noneMatch = headers['if-none-match'];
  if (method !== 'PUT' || noneMatch === undefined || checks(request, 'if-none-match')) return undefined;
  return failed('If-None-Match');
};

/** Ranges are for GET. What was asked for under a weak tag is sent whole: If-Range compares strongly. */
const dropRange = ({ method, headers }: FastifyRequest): void => {
  if (method !== 'GET' || headers['if-range']?.includes('W/')) delete headers.range;
};

/** Returns what is left of `payload`. */
const toNotModified = (reply: FastifyReply, payload: unknown): unknown => {
  for (const name of ['content-type', 'content-length', 'content-range']) reply.removeHeader(name);
  reply.code(304);
  // Fastify measures an answer to HEAD before it drops it.
  if (reply.request.method === 'HEAD') return payload;
  if (payload instanceof Readable) payload.destroy();
  return null;
};

/** Checks conditions of changes before their bodies are read, and those of reading when the answer is made. */
export const addConditions = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) done();
    else if (readMethods.has(request.method)) {
      dropRange(request);
      done();
    } else done(findUnchecked(request));
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const { method, headers } = request;
    const isRead = readMethods.has(method) && (reply.statusCode === 200 || reply.statusCode === 206);
    const { 'if-match': match, 'if-none-match': noneMatch } = headers;
    if (!isRead || (match === undefined && noneMatch === undefined)) return done(null, payload);
    const etag = reply.getHeader('etag');
    const tag = typeof etag === 'string' ? etag : undefined;
    if (match !== undefined && !isMatch(match, tag)) {
      if (payload instanceof Readable) payload.destroy();
      return done(failed('If-Match'));
    }
    const isPart = request.routeOptions.config.etagOfPart === true && noneMatch?.trim() !== '*';
    if (noneMatch === undefined || isPart || isNoneMatch(noneMatch, tag)) return done(null, payload);
    done(null, toNotModified(reply, payload));
  });
};
