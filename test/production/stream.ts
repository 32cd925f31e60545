// A reader of the stream of all events that never gives up: when its connection ends, it comes back with Last-Event-ID, as browsers do.
import { setTimeout as pause } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { nodeHeader } from './round-robin.ts';

const event = z.object({ id: z.string() });
const againMs = 20;

export interface StreamReader {
  /** The ids of the events, in the order in which they came. */
  readonly events: readonly string[];
  /** The nodes that it was connected to, one after the other. */
  readonly nodes: readonly string[];
  /** Resolves when it reads no more. */
  stop(): Promise<void>;
}

/** Reads everything behind `after`, and resolves when it is connected. */
export const followEvents = async (
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<StreamReader> => {
  const leaving = new AbortController();
  const connected = Promise.withResolvers<void>();
  const events: string[] = [];
  let lastId = '';
  const nodes: string[] = [];
  const read = async (): Promise<void> => {
    const resuming = lastId === '' ? {} : { 'last-event-id': lastId };
    const response = await fetch(url, { headers: { ...headers, ...resuming }, signal: leaving.signal });
    if (response.status >= 400 && response.status < 500) connected.reject(new Error(await response.text()));
    if (response.status !== 200) return;
    nodes.push(response.headers.get(nodeHeader) ?? '');
    connected.resolve();
    const decoder = new TextDecoder();
    const parser = createParser({
      onEvent: ({ id, data }) => {
        lastId = id ?? lastId;
        events.push(event.parse(JSON.parse(data)).id);
      },
    });
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  };
  const follow = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      await read().catch(() => undefined);
      if (!leaving.signal.aborted) await pause(againMs);
    }
  };
  const following = follow();
  await connected.promise;
  return {
    ...{ events, nodes },
    stop: async () => {
      leaving.abort();
      await following;
    },
  };
};
