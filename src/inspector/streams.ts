// The inspector's two streams: one frame a second of all orders, and the points of one order as they come.
// What all readers see is made once, and a reader that is slow is left out until it has caught up.
import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import { openEventStream } from '../event-stream.ts';
import type { Host } from '../host.ts';
import type { FlowFilter } from './filter.ts';
import type { Flow } from './flow.ts';
import type { Samples } from './samples.ts';
import type { Scene } from './scene.ts';
import type { Timeline } from './timeline.ts';

export interface StreamParts {
  readonly host: Host;
  readonly flow: Flow;
  readonly samples: Samples;
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly settings: Settings;
}

const everyMs = 1000;
const toFrame = (id: number, event: string, data: unknown): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export const createStreams = ({ host, flow, samples, timeline, clock, settings }: StreamParts) => {
  const closing = new AbortController();
  const readers = new Map<Scene, Set<(text: string) => void>>();
  let count = 0;

  const beat = async (): Promise<void> => {
    const sample = await samples.take();
    flow.turn();
    for (const [scene, writers] of readers) {
      const text = toFrame(sample.at, 'flow', await flow.frame(scene, sample, samples.health()));
      for (const write of writers) write(text);
    }
  };
  let stop = (): void => {};
  const next = (): void => {
    if (closing.signal.aborted) return;
    // A second that cannot be read (the store is closing) is left out; the readers see that it is missing.
    void beat().catch(() => {});
    stop = clock.schedule(next, everyMs);
  };
  stop = clock.schedule(next, everyMs);

  const open = (reply: FastifyReply) => {
    if (count >= settings.MAX_STREAMS) {
      throw new AppError(
        'overloaded',
        `${settings.MAX_STREAMS} inspector streams are open; that is the most.`,
      );
    }
    count += 1;
    const leaving = new AbortController();
    reply.raw.once('close', () => {
      count -= 1;
      leaving.abort();
    });
    const raw = openEventStream(reply);
    return { raw, signal: AbortSignal.any([leaving.signal, closing.signal]) };
  };

  return {
    close: (): void => {
      stop();
      flow.close();
      closing.abort();
    },
    /** The samples that the reader has missed, then one frame each second. */
    all: async (request: FastifyRequest, reply: FastifyReply, filter: FlowFilter): Promise<void> => {
      const { scene, leave } = flow.look(host, filter);
      const writers = readers.get(scene) ?? new Set();
      const last = Number(request.headers['last-event-id'] ?? 0) || 0;
      try {
        const { raw, signal } = open(reply);
        raw.write(toFrame(last, 'samples', samples.since(last)));
        const write = (text: string): void => {
          if (!raw.writableNeedDrain) raw.write(text);
        };
        readers.set(scene, writers.add(write));
        if (!signal.aborted) await once(signal, 'abort');
        writers.delete(write);
        raw.end();
      } finally {
        if (writers.size === 0) readers.delete(scene);
        leave();
      }
    },
    /** The points of the order behind the reader's last one, then each as it is committed. */
    one: async (request: FastifyRequest, reply: FastifyReply, orderId: string): Promise<void> => {
      if ((await host.get(orderId)) === undefined) {
        throw new AppError('order-not-found', `There is no order ${orderId}.`);
      }
      const { raw, signal } = open(reply);
      let last = Number(request.headers['last-event-id'] ?? 0) || 0;
      try {
        while (!signal.aborted) {
          const changed = flow.untilChanged(orderId, settings.POLL_MS, signal);
          if ((await host.received(orderId, last, 1)).length > 0) {
            for await (const { point } of timeline.read(host, orderId, last)) {
              if (!raw.write(toFrame(point.version, 'point', point))) await once(raw, 'drain', { signal });
              last = point.version;
            }
          }
          raw.write(toFrame(last, 'now', { at: clock.now() }));
          await changed;
        }
      } catch (error) {
        if (error instanceof AppError) raw.write(toFrame(last, 'broken', { reason: error.message }));
        else if (!signal.aborted) throw error;
      } finally {
        raw.end();
      }
    },
  };
};
