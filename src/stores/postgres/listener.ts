// The connection on which a node hears of others: it listens to the schema's channel, and carries the node's own small statements
// meanwhile. It connects again when it is lost, less and less often. It never carries what an order needs.
import pg from 'pg';
import { limits } from '../../limits.ts';
import { type Connecting, toResult } from './line.ts';
import type { Result, Statement } from './statement.ts';

export interface ListenerParts {
  readonly connecting: Connecting;
  readonly channel: string;
  pause(ms: number): Promise<void>;
  /** What somebody sent. */
  heard(text: string): void;
  /** It listens from now on: what was sent before was missed. */
  listening(): void;
}

export interface Listener {
  /** @throws an error while there is no connection: it is not waited for. */
  run(statement: Statement): Promise<Result>;
  close(): Promise<void>;
}

/** What is written here is written again soon: no commit waits for the disk. */
const fast = '-c synchronous_commit=off';

export const openListener = (parts: ListenerParts): Listener => {
  const { connecting, channel, pause } = parts;
  let client: pg.Client | undefined;
  let isClosed = false;

  /** Resolves once it listens, with what resolves when it is lost. */
  const connect = async (): Promise<{ readonly lost: Promise<void> }> => {
    const next = new pg.Client({
      ...connecting,
      application_name: 'orderchart listens',
      options: `${connecting.options ?? ''} ${fast}`,
    });
    const lost = Promise.withResolvers<void>();
    next.on('error', () => lost.resolve());
    next.on('end', () => lost.resolve());
    next.on('notification', ({ payload }) => parts.heard(payload ?? ''));
    try {
      await next.connect();
      await next.query(`LISTEN ${channel}`);
    } catch (error) {
      void next.end().catch(() => {});
      throw error;
    }
    client = next;
    // It was closed meanwhile.
    if (isClosed) lost.resolve();
    else parts.listening();
    return { lost: lost.promise };
  };
  const keepConnected = async (): Promise<void> => {
    let pauseMs: number = limits.database.firstPauseMs;
    while (!isClosed) {
      try {
        const { lost } = await connect();
        pauseMs = limits.database.firstPauseMs;
        await lost;
      } catch {
        // The store says that the database is away.
      }
      const before = client;
      client = undefined;
      void before?.end().catch(() => {});
      if (isClosed) return;
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, limits.database.longestPauseMs);
    }
  };
  const kept = keepConnected();
  return {
    run: async ({ text, values }) => {
      if (client === undefined) throw new Error('The connection that listens is lost.');
      const asked = client;
      try {
        return toResult(await asked.query(text, [...values]));
      } catch (error) {
        // Whether it was answered or not: a fresh one cannot hang.
        if (client === asked) void asked.end().catch(() => {});
        throw error;
      }
    },
    close: async () => {
      isClosed = true;
      await client?.end().catch(() => {});
      await kept;
    },
  };
};
