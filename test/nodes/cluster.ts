// Several nodes over one database, each a process of its own that is started again after its end. It decides on no end.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Environment, ServiceProcess } from '../process/environment.ts';
import { stepClock } from '../process/stepped-clock.ts';

export interface Cluster {
  /** Starts the node of this place again, and resolves when it listens (or has ended). */
  start(place: number, settings?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  node(place: number): ServiceProcess | undefined;
  /** The address of a node that listens, another one each time. */
  untilListening(): Promise<string>;
  /** Sets the wall clock of a node off. */
  setClock(place: number, offsetMs: number): void;
  /** Ends all nodes in order; returns what went wrong. */
  stop(): Promise<readonly string[]>;
}

const againMs = 25;

export const createCluster = (
  environment: Pick<Environment, 'startService'>,
  { folder, databaseUrl }: { readonly folder: string; readonly databaseUrl: string },
): Cluster => {
  const nodes = new Map<number, ServiceProcess>();
  let next = 0;
  const toClockFile = (place: number) => join(folder, `clock-offset-of-node-${place}`);

  return {
    start: async (place, settings = {}) => {
      nodes.delete(place);
      const node = await environment.startService({
        DATABASE_URL: databaseUrl,
        CLOCK_OFFSET_FILE: toClockFile(place),
        ...settings,
      });
      nodes.set(place, node);
      void node.ended.then(() => {
        if (nodes.get(place) === node) nodes.delete(place);
      });
      return node;
    },
    node: (place) => nodes.get(place),
    untilListening: async () => {
      for (;;) {
        const urls = [...nodes.values()].flatMap(({ url }) => url ?? []);
        next += 1;
        const url = urls[next % Math.max(1, urls.length)];
        if (url !== undefined) return url;
        await pause(againMs);
      }
    },
    setClock: (place, offsetMs) => stepClock(toClockFile(place), offsetMs),
    stop: async () => {
      const problems: string[] = [];
      for (const [place, node] of nodes) {
        node.send('SIGTERM');
        const { code, signal } = await node.ended;
        if (code !== 0) problems.push(`node ${place} ended with ${signal ?? code}: ${node.output()}`);
      }
      return problems;
    },
  };
};
