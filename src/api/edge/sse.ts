// Server-sent events from the journal. It keeps no event in memory: it takes more only when the socket has
// taken what it was given, so a slow reader slows only itself. What readers have in common is written down once.
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
import type { Cursors } from './cursors.ts';
import type { ConnectedDependencies } from './dependencies.ts';

/** What readers who share events share, too: the bytes of each event, and of all events that came together. */
const createToFrames = (path: string) => {
  let frames = new WeakMap<JournalEvent, string>();
  let together = new WeakMap<readonly JournalEvent[], Buffer>();
  let epoch = '';
  const toFrame = (event: JournalEvent, { toCursor }: Cursors): string => {
    const known = frames.get(event);
    if (known !== undefined) return known;
    const data = JSON.stringify(toCloudEvent(event, path));
    const frame = `id: ${toCursor(event.position)}\nevent: ${event.type}\ndata: ${data}\n\n`;
    frames.set(event, frame);
    return frame;
  };
  return (events: readonly JournalEvent[], cursors: Cursors): Buffer => {
    if (cursors.epoch !== epoch) {
      [frames, together, epoch] = [new WeakMap(), new WeakMap(), cursors.epoch];
    }
    const known = together.get(events);
    if (known !== undefined) return known;
    const bytes = Buffer.from(events.map((event) => toFrame(event, cursors)).join(''));
    together.set(events, bytes);
    return bytes;
  };
};

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
  toFrames: (events: readonly JournalEvent[]) => Buffer,
  news: AsyncIterable<readonly JournalEvent[]>,
  signal: AbortSignal,
): Promise<void> => {
  for await (const events of news) {
    if (signal.aborted) return;
    if (!raw.write(toFrames(events))) await once(raw, 'drain', { signal });
  }
};

export interface Streams {
  /** Answers with the events behind `after`, then with every one that is committed, until someone leaves. */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    watching: Omit<Parameters<ConnectedDependencies['host']['watch']>[0], 'signal'>,
    cursors: Cursors,
  ): Promise<void>;
}

/** @throws AppError from `open`: `overloaded` where MAX_STREAMS are open, `rate-limited` where a key has its share. */
export const createStreams = ({
  host,
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
  const toFrames = createToFrames(publicPath(settings));
  const share = new FairShare({ most: settings.MAX_STREAMS_PER_KEY, what: 'event streams' });
  let count = 0;
  return {
    open: async (request, reply, watching, cursors) => {
      if (count >= settings.MAX_STREAMS) {
        throw new AppError('overloaded', `${settings.MAX_STREAMS} event streams are open; that is the most.`);
      }
      share.takeUntilClosed(request, reply.raw);
      openStreams.set(++count);
      using disconnect = disconnects.watch(reply);
      const { signal } = disconnect;
      const raw = openEventStream(reply, clock);
      const stopBeating = keepBeating(clock, settings.HEARTBEAT_MS, () => {
        if (!raw.writableNeedDrain) raw.write(': heartbeat\n\n');
      });
      try {
        const toBytes = (events: readonly JournalEvent[]) => toFrames(events, cursors);
        await writeAll(raw, toBytes, host.watch({ ...watching, signal }), signal);
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
