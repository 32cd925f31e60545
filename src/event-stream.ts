// How an answer becomes a stream of server-sent events: for the journal and for the inspector.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Clock } from './clock.ts';
import { limits } from './limits.ts';

/** Calls `end` once `isValid` says no; the returned function ends that. */
export const watchAdmission = (clock: Clock, isValid: () => boolean, end: () => void): (() => void) => {
  const look = (): void => {
    if (isValid()) stop = clock.schedule(look, limits.lookAtKeyMs);
    else end();
  };
  let stop = clock.schedule(look, limits.lookAtKeyMs);
  return () => stop();
};

/**
 * Takes the answer over from fastify, sends its head, and returns what events are written to. It is cut off when the key
 * or session that opened it ends.
 */
export const openEventStream = (reply: FastifyReply, clock: Clock): ServerResponse => {
  const { raw, request } = reply;
  const stop = watchAdmission(
    clock,
    () => request.isStillAdmitted(),
    () => raw.destroy(),
  );
  raw.once('close', stop);
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
