// Server-sent events from the journal. It keeps no event in memory: it reads on only when the socket has
// taken what it was given, so a slow reader slows only itself. A reader resumes by position.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gauge } from 'prom-client';
import type { Clock } from '../../clock.ts';
import { publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { openEventStream } from '../../event-stream.ts';
import { FairShare } from '../../fair-share.ts';
import type { JournalEvent } from '../../store.ts';
import { toCloudEvent } from './cloud-events.ts';
import type { ConnectedDependencies } from './dependencies.ts';

const toFrame = (event: JournalEvent, path: string): string =>
  `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(toCloudEvent(event, path))}\n\n`;

/** Calls `beat` every `everyMs`; the returned function ends that. */
const keepBeating = (clock: Clock, everyMs: number, beat: () => void): (() => void) => {
  const next = (): void => {
    beat();
    stop = clock.schedule(next, everyMs);
  };
  let stop = clock.schedule(next, everyMs);
  return () => stop();
};

const writeAll = async (
  raw: ServerResponse,
  path: string,
  events: AsyncIterable<JournalEvent>,
  signal: AbortSignal,
): Promise<void> => {
  for await (const event of events) {
    if (signal.aborted) return;
    if (!raw.write(toFrame(event, path))) await once(raw, 'drain', { signal });
  }
};

export interface Streams {
  /** Answers with the events behind `after`, then with every one that is committed, until someone leaves. */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    watching: { readonly orderId?: string; readonly types?: readonly string[]; readonly after: number },
  ): Promise<void>;
}

/** @throws AppError from `open`: `overloaded` where MAX_STREAMS are open, `rate-limited` where a key has its share. */
export const createStreams = ({
  host,
  keys,
  disconnects,
  settings,
  clock,
  logger,
  metrics,
}: ConnectedDependencies): Streams => {
  const openStreams = new Gauge({
    name: 'orderchart_event_streams',
    help: 'event streams that are open',
    registers: [metrics],
  });
  const share = new FairShare({ most: settings.MAX_STREAMS_PER_KEY, what: 'event streams', keys, clock });
  let count = 0;
  return {
    open: async (request, reply, watching) => {
      if (count >= settings.MAX_STREAMS) {
        throw new AppError('overloaded', `${settings.MAX_STREAMS} event streams are open; that is the most.`);
      }
      share.openStream(request, reply.raw);
      openStreams.set(++count);
      using disconnect = disconnects.watch(reply);
      const { signal } = disconnect;
      const raw = openEventStream(reply);
      const stopBeating = keepBeating(clock, settings.HEARTBEAT_MS, () => {
        if (!raw.writableNeedDrain) raw.write(': heartbeat\n\n');
      });
      try {
        await writeAll(raw, publicPath(settings), host.watch({ ...watching, signal }), signal);
      } catch (error) {
        if (!signal.aborted) {
          const name = error instanceof Error ? error.name : 'unknown';
          logger.error({ requestId: request.id, error: name }, 'an event stream broke off');
        }
      } finally {
        stopBeating();
        openStreams.set(--count);
        raw.end();
      }
    },
  };
};
