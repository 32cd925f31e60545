// How an answer becomes a stream of server-sent events: for the journal and for the inspector.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { limits } from './limits.ts';

/** Takes the answer over from fastify, sends its head, and returns what events are written to. */
export const openEventStream = (reply: FastifyReply): ServerResponse => {
  const { raw } = reply;
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
    // A stream ends with its connection, so a closing server does not wait for it.
    connection: 'close',
  });
  raw.write(`retry: ${limits.streamRetryMs}\n\n`);
  return raw;
};
