// Sends a kept answer: the very bytes that its key stands for. It never formats an order anew.
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Answered } from './idempotency.ts';
import { toETag } from './views.ts';

const versioned = z.looseObject({ version: z.int() });

export const sendKept = (reply: FastifyReply, { status, body, replayed }: Answered): void => {
  const { version } = versioned.safeParse(JSON.parse(body)).data ?? {};
  if (version !== undefined) reply.header('etag', toETag(version));
  if (replayed) reply.header('idempotency-replayed', 'true');
  reply.code(status).type('application/json').send(body);
};
