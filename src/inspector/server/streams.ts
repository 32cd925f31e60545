// The inspector's two streams: one frame a second of all orders, and the points of one order as they come. A frame is
// made once for all its readers, and a slow reader misses frames instead of holding anything up.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Keys } from '../../access.ts';
import type { Application } from '../../application.ts';
import { type Clock, toIsoTime } from '../../clock.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { openEventStream } from '../../event-stream.ts';
import { FairShare } from '../../fair-share.ts';
import type { OrderAccess, SystemView } from '../../host.ts';
import type { FlowFilter } from './filter.ts';
import type { FilteredView } from './filtered-view.ts';
import type { Flow } from './flow.ts';
import type { Samples } from './samples.ts';
import type { Timeline } from './timeline.ts';

export interface StreamParts {
  readonly application: Application;
  readonly host: OrderAccess;
  readonly flow: Flow;
  readonly samples: Samples;
  readonly timeline: Timeline;
  readonly keys: Pick<Keys, 'isValid' | 'firstMadeAt'>;
  readonly clock: Clock;
  readonly settings: Settings;
}

const everyMs = 1000;
const toFrame = (id: number, event: string, data: unknown): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

const readLastId = ({ headers }: FastifyRequest): number => Number(headers['last-event-id'] ?? 0) || 0;

type Open = (
  request: FastifyRequest,
  reply: FastifyReply,
) => { readonly raw: ServerResponse; readonly signal: AbortSignal };

/** Opens streams up to the limits of all and of one key. Each has a signal that its client has left, or that `closing` is aborted. */
const createOpen = ({ settings, keys, clock }: StreamParts, closing: AbortSignal): Open => {
  const { MAX_STREAMS, MAX_STREAMS_PER_KEY: most } = settings;
  const share = new FairShare({ most, what: 'inspector streams', keys, clock });
  let count = 0;
  return (request, reply) => {
    if (count >= MAX_STREAMS) {
      const detail = `${MAX_STREAMS} inspector streams are open, the most that MAX_STREAMS allows.`;
      throw new AppError('overloaded', `${detail} Close one, and try again.`);
    }
    share.openStream(request, reply.raw);
    count += 1;
    const leaving = new AbortController();
    reply.raw.once('close', () => {
      count -= 1;
      leaving.abort();
    });
    return { raw: openEventStream(reply), signal: AbortSignal.any([leaving.signal, closing]) };
  };
};

/** The stream of all orders. `send` makes the frame of a second and writes it to all readers. */
const createFlowStream = ({ host, flow, samples }: StreamParts, open: Open) => {
  const readers = new Map<FilteredView, Set<(text: string) => void>>();
  const send = async (): Promise<void> => {
    const sample = await samples.take();
    flow.endSecond();
    for (const [view, writers] of readers) {
      const text = toFrame(sample.at, 'flow', await flow.frame(view, sample, samples.health()));
      for (const write of writers) write(text);
    }
  };
  const read = async (request: FastifyRequest, reply: FastifyReply, filter: FlowFilter): Promise<void> => {
    const { view, leave } = flow.open(host, filter);
    const writers = readers.get(view) ?? new Set();
    const last = readLastId(request);
    try {
      const { raw, signal } = open(request, reply);
      raw.write(toFrame(last, 'samples', samples.since(last)));
      const write = (text: string): void => {
        if (!raw.writableNeedDrain) raw.write(text);
      };
      readers.set(view, writers.add(write));
      if (!signal.aborted) await once(signal, 'abort');
      writers.delete(write);
      raw.end();
    } finally {
      if (writers.size === 0) readers.delete(view);
      leave();
    }
  };
  return { send, read };
};

/** What is known of an order whose timeline cannot be shown. */
const toRowText = ({ display }: Application, view: SystemView): string => {
  const facts = [
    `${(display?.labels?.owner ?? 'Owner').toLowerCase()} ${view.owner}`,
    `state ${view.state}`,
    `chart version ${view.chartVersion}`,
    `placed ${toIsoTime(view.createdAt)}`,
    `last changed ${toIsoTime(view.updatedAt)}`,
  ];
  return `It is left alone. What is stored beside it: ${facts.join(', ')}.`;
};

const createOrderStream =
  ({ application, host, flow, timeline, clock, settings }: StreamParts, open: Open) =>
  async (request: FastifyRequest, reply: FastifyReply, orderId: string): Promise<void> => {
    const view = await host.get(orderId);
    if (view === undefined) {
      throw new AppError('order-not-found', `There is no order ${orderId}.`);
    }
    const { raw, signal } = open(request, reply);
    let last = readLastId(request);
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
      if (error instanceof AppError) {
        const known = view.unreadable === undefined ? '' : ` ${toRowText(application, view)}`;
        raw.write(toFrame(last, 'broken', { reason: `${error.message}${known}` }));
      } else if (!signal.aborted) throw error;
    } finally {
      raw.end();
    }
  };

export const createStreams = (parts: StreamParts) => {
  const { clock, flow } = parts;
  const closing = new AbortController();
  const open = createOpen(parts, closing.signal);
  const all = createFlowStream(parts, open);
  let stop = (): void => {};
  const next = (): void => {
    if (closing.signal.aborted) return;
    // A second that cannot be read (the store is closing) is skipped; the pages show that they are delayed.
    void all.send().catch(() => {});
    stop = clock.schedule(next, everyMs);
  };
  stop = clock.schedule(next, everyMs);
  return {
    close: (): void => {
      stop();
      flow.close();
      closing.abort();
    },
    /** The samples that the reader missed, then one frame each second. */
    all: all.read,
    /** The points of the order behind the reader's last one, then each as it is committed. */
    one: createOrderStream(parts, open),
  };
};
