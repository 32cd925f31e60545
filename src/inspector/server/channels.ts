// What the inspector's streams carry: one frame a second of all orders, and the points of one order as they come. A frame
// is made once for all its readers, and a slow reader misses frames instead of holding anything up. It knows nothing of
// connections.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Application } from '../../application.ts';
import { type Clock, toIsoTime } from '../../clock.ts';
import type { Settings } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { OrderAccess, SystemView } from '../../host.ts';
import type { FlowFilter } from './filter.ts';
import type { FilteredView } from './filtered-view.ts';
import type { Flow } from './flow.ts';
import { Pace, ReaderLeft } from './pace.ts';
import type { Samples } from './samples.ts';
import type { Timeline } from './timeline.ts';

export interface ChannelParts {
  readonly application: Application;
  readonly host: OrderAccess;
  readonly flow: Flow;
  readonly samples: Samples;
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly settings: Settings;
}

/** One reader of one channel. */
export class Reader {
  readonly signal: AbortSignal;
  /** The last that the reader has. */
  readonly last: number;
  readonly #raw: ServerResponse;
  readonly #suffix: string;

  /** @param suffix of the names of its events, where several channels share a connection */
  constructor(raw: ServerResponse, signal: AbortSignal, last: number, suffix = '') {
    this.#raw = raw;
    this.signal = signal;
    this.last = last;
    this.#suffix = suffix;
  }

  /** Whether what was written before is still on its way. */
  get isSlow(): boolean {
    return this.#raw.writableNeedDrain;
  }

  /** Writes an event whose data is JSON already. */
  write(id: number, event: string, json: string): void {
    this.#raw.write(`id: ${id}\nevent: ${event}${this.#suffix}\ndata: ${json}\n\n`);
  }

  async drained(): Promise<void> {
    if (this.isSlow) await once(this.#raw, 'drain', { signal: this.signal });
  }
}

/** A channel that was opened for one reader. */
export type Follow = (reader: Reader) => Promise<void>;

/** The channel of all orders. `send` makes the frame of a second and writes it to all readers. */
export const createFlowChannel = ({ host, flow, samples }: ChannelParts) => {
  const readers = new Map<FilteredView, Set<Reader>>();
  const send = async (): Promise<void> => {
    const sample = await samples.take();
    flow.endSecond();
    for (const [view, all] of readers) {
      const json = JSON.stringify(await flow.frame(view, sample, samples.health()));
      for (const reader of all) if (!reader.isSlow) reader.write(sample.at, 'flow', json);
    }
  };
  /** @throws AppError `overloaded`, as the flow does */
  const open = (filter: FlowFilter): { readonly follow: Follow; leave(): void } => {
    const { view, leave } = flow.open(host, filter);
    const follow: Follow = async (reader) => {
      const all = readers.get(view) ?? new Set();
      try {
        reader.write(reader.last, 'samples', JSON.stringify(samples.since(reader.last)));
        readers.set(view, all.add(reader));
        if (!reader.signal.aborted) await once(reader.signal, 'abort');
      } finally {
        all.delete(reader);
        if (all.size === 0) readers.delete(view);
      }
    };
    return { follow, leave };
  };
  return { send, open };
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

/**
 * Opens the channel of one order.
 * @throws AppError `order-not-found`
 */
export const openOrderChannel = async (
  { application, host, flow, timeline, clock, settings }: ChannelParts,
  orderId: string,
): Promise<Follow> => {
  const view = await host.get(orderId);
  if (view === undefined) {
    throw new AppError('order-not-found', `There is no order ${orderId}.`);
  }
  return async (reader) => {
    const { signal } = reader;
    const pace = new Pace(undefined, signal);
    let { last } = reader;
    try {
      while (!signal.aborted) {
        const changed = flow.untilChanged(orderId, settings.POLL_MS, signal);
        if ((await host.received(orderId, last, 1)).length > 0) {
          for await (const { point } of timeline.read(host, orderId, last, pace)) {
            reader.write(point.version, 'point', JSON.stringify(point));
            await reader.drained();
            last = point.version;
          }
        }
        reader.write(last, 'now', JSON.stringify({ at: clock.now() }));
        await changed;
      }
    } catch (error) {
      if (error instanceof AppError) {
        const known = view.unreadable === undefined ? '' : ` ${toRowText(application, view)}`;
        reader.write(last, 'broken', JSON.stringify({ reason: `${error.message}${known}` }));
      } else if (!signal.aborted && !(error instanceof ReaderLeft)) throw error;
    }
  };
};
