// The inspector's streams: of all orders, of one order, and of several of these in one connection, which the tabs of a
// browser share. It opens them up to a limit, and makes the frames of one second after the other.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { openEventStream } from '../../event-stream.ts';
import { FairShare } from '../../fair-share.ts';
import { limits } from '../../limits.ts';
import { type ChannelParts, createFlowChannel, openOrderChannel, Reader } from './channels.ts';
import { type FlowFilter, flowFilter } from './filter.ts';

export type StreamParts = ChannelParts;

const everyMs = 1000;
const after = z.number().nonnegative();
const sharedChannel = z.union([
  z.strictObject({ flow: flowFilter, after }),
  z.strictObject({ order: z.string().min(1).max(limits.parameterBytes), after }),
]);
type SharedChannel = z.infer<typeof sharedChannel>;
const parsed = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});
/** As it stands in an address: the channels as JSON, each with the last that its readers have. */
export const sharedQuery = z.strictObject({
  channels: parsed.pipe(z.array(sharedChannel).min(1).max(limits.sharedChannels)),
});

const readLastId = ({ headers }: FastifyRequest): number => Number(headers['last-event-id'] ?? 0) || 0;

type Open = (
  request: FastifyRequest,
  reply: FastifyReply,
  channels?: number,
) => { readonly raw: ServerResponse; readonly signal: AbortSignal };

/** Opens streams up to the limits of all and of one key. Each has a signal that its client has left, or that `closing` is aborted. */
const createOpen = (settings: Settings, clock: Clock, closing: AbortSignal): Open => {
  const { MAX_STREAMS, MAX_STREAMS_PER_KEY: most } = settings;
  const share = new FairShare({ most, what: 'inspector streams' });
  let count = 0;
  return (request, reply, channels = 1) => {
    if (count + channels > MAX_STREAMS) {
      const detail = `${count} inspector streams are open, and MAX_STREAMS allows ${MAX_STREAMS}.`;
      throw new AppError('overloaded', `${detail} Close one, and try again.`);
    }
    share.takeUntilClosed(request, reply.raw);
    count += channels;
    const leaving = new AbortController();
    reply.raw.once('close', () => {
      count -= channels;
      leaving.abort();
    });
    return { raw: openEventStream(reply, clock), signal: AbortSignal.any([leaving.signal, closing]) };
  };
};

/** Makes one frame a second until `closing` is aborted, never two at the same time. Returns what ends it. */
const keepSending = ({ clock }: ChannelParts, send: () => Promise<void>, closing: AbortSignal) => {
  let stop = (): void => {};
  let isSending = false;
  let isLate = false;
  const sendAll = async (): Promise<void> => {
    isSending = true;
    do {
      isLate = false;
      // A second that cannot be read (the store is closing) is skipped; the pages show that they are delayed.
      await send().catch(() => {});
    } while (isLate && !closing.aborted);
    isSending = false;
  };
  const next = (): void => {
    if (closing.aborted) return;
    stop = clock.schedule(next, everyMs);
    // A second that takes longer than a second delays the next one, and more are made up for by one.
    if (isSending) isLate = true;
    else void sendAll();
  };
  stop = clock.schedule(next, everyMs);
  return (): void => stop();
};

export const createStreams = (parts: StreamParts) => {
  const closing = new AbortController();
  const open = createOpen(parts.settings, parts.clock, closing.signal);
  const flowChannel = createFlowChannel(parts);
  const stop = keepSending(parts, flowChannel.send, closing.signal);

  const followFlow = async (filter: FlowFilter, toReader: () => Reader): Promise<void> => {
    const { follow, leave } = flowChannel.open(filter);
    try {
      await follow(toReader());
    } finally {
      leave();
    }
  };
  const followShared = async (channel: SharedChannel, reader: Reader): Promise<void> => {
    try {
      if ('flow' in channel) await followFlow(channel.flow, () => reader);
      else await (await openOrderChannel(parts, channel.order))(reader);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // The other channels of the connection go on.
      reader.write(reader.last, 'refused', JSON.stringify({ reason: error.message }));
    }
  };
  return {
    close: (): void => {
      closing.abort();
      stop();
      parts.flow.close();
    },
    /** The samples that the reader missed, then one frame each second. */
    all: async (request: FastifyRequest, reply: FastifyReply, filter: FlowFilter): Promise<void> => {
      await followFlow(filter, () => {
        const { raw, signal } = open(request, reply);
        signal.addEventListener('abort', () => raw.end(), { once: true });
        return new Reader(raw, signal, readLastId(request));
      });
    },
    /** The points of the order behind the reader's last one, then each as it is committed. */
    one: async (request: FastifyRequest, reply: FastifyReply, orderId: string): Promise<void> => {
      const follow = await openOrderChannel(parts, orderId);
      const { raw, signal } = open(request, reply);
      try {
        await follow(new Reader(raw, signal, readLastId(request)));
      } finally {
        raw.end();
      }
    },
    /** Several of these, each event with its channel's place behind its name. */
    shared: async (
      request: FastifyRequest,
      reply: FastifyReply,
      channels: readonly SharedChannel[],
    ): Promise<void> => {
      const { raw, signal } = open(request, reply, channels.length);
      // Each channel may wait until what was written is on its way.
      raw.setMaxListeners(raw.getMaxListeners() + channels.length);
      try {
        await Promise.all(
          channels.map((channel, place) =>
            followShared(channel, new Reader(raw, signal, channel.after, `:${place}`)),
          ),
        );
        // Where every channel has ended, the next one would end as soon.
        if (!signal.aborted) await once(signal, 'abort');
      } finally {
        raw.end();
      }
    },
  };
};
