// The local socket: how a command on the same machine reaches the service that holds a store, because only one process
// may have the store open. This is the contract of its two ends in local-socket/; it knows no route but the first.
import { Readable } from 'node:stream';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from './errors.ts';

/** What `GET /service` answers. */
export const serviceDescription = z.object({
  /** Of the package. */
  version: z.string(),
  pid: z.int(),
  /** Where its API listens; null before it does. */
  address: z.string().nullable(),
  /** That it knows, the newest first. */
  chartVersions: z.array(z.string()),
});
export type ServiceDescription = z.infer<typeof serviceDescription>;

/** What routes of the local socket are added to: their handlers are typed by their zod schemas. */
export type LocalApi = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The service's end. */
export interface LocalSocket {
  readonly path: string;
  /** @throws AppError `local-socket-unusable`. */
  listen(): Promise<void>;
  /** Accepts nothing new, lets requests under way finish, and removes the socket. */
  close(): Promise<void>;
  /** Ends the requests that are under way, so that `close` need not wait for them. */
  abandonRequests(): void;
}

/**
 * The command's end. Each method throws the AppError with which the service refused, or `service-failed` if there is
 * no usable answer.
 */
export interface ServiceClient {
  readonly service: ServiceDescription;
  /** The JSON of the answer; undefined if it has none. */
  request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
  /** What a route sent with `toLines`, item by item as it comes. */
  stream(method: 'GET' | 'POST', path: string, body?: unknown): AsyncGenerator<unknown>;
}

/** How a command that writes gets to a store: through the service that holds it, or with the file opened by itself. */
export type StoreAccess<Opened> =
  | { readonly through: 'service'; readonly service: ServiceClient }
  | { readonly through: 'file'; readonly store: Opened };

/** An error as it travels over the local socket. Only an AppError's own words do. */
export const localError = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});

export const toLocalError = (error: unknown): z.infer<typeof localError> =>
  error instanceof AppError
    ? { code: error.code, message: error.message, details: error.details }
    : { code: 'internal-error', message: 'it failed unexpectedly; its log says why', details: {} };

/** A line of a streamed answer: an item, or, as the last one, what ended it too early. */
export const localLine = z.union([z.object({ item: z.unknown() }), z.object({ error: localError })]);

/**
 * An answer of one JSON line for each item, for `reply.type('application/x-ndjson').send(…)`. An error becomes the last
 * line. If the client disconnects, `items` is returned from at its next item.
 */
export const toLines = (items: AsyncIterable<unknown>, logger: FastifyBaseLogger): Readable =>
  Readable.from(writeLines(items, logger));

const writeLines = async function* (items: AsyncIterable<unknown>, logger: FastifyBaseLogger) {
  try {
    for await (const item of items) yield `${JSON.stringify({ item })}\n`;
  } catch (error) {
    if (!(error instanceof AppError)) logger.error({ err: error }, 'a request of the local socket failed');
    yield `${JSON.stringify({ error: toLocalError(error) })}\n`;
  }
};
