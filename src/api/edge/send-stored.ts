// Sends a stored answer: the exact bytes that are stored for its idempotency key. It never renders an order again.
import type { FastifyReply } from 'fastify';
import type { Answered } from './idempotency.ts';

export const toETag = (version: number): string => `"${version}"`;

export const sendStored = (reply: FastifyReply, { status, body, version, replayed }: Answered): void => {
  reply.header('etag', toETag(version));
  if (replayed) reply.header('idempotency-replayed', 'true');
  reply.code(status).type('application/json').send(body);
};
