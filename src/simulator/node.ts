// One node: a process that starts, works, stops in order, crashes and starts again, over the one store. Its host is the
// production one; around it is only what it receives (process.ts, connection.ts).
import type { FaultPoint } from '../faults.ts';
import { CrashSignal } from './crashes.ts';
import type { Monitor } from './monitor.ts';
import type { Network } from './network.ts';
import type { Process } from './process.ts';
import type { Timeline } from './timeline.ts';

/** What a node runs. */
export interface Closable {
  close(): Promise<void>;
}

export interface Node<H extends Closable> {
  readonly name: string;
  /** Whether it accepts requests now. */
  readonly isUp: boolean;
  start(): void;
  stop(): void;
  kill(): void;
  pause(ms: number): void;
  /** Ends its process for good, unnoticed: the simulation is over. */
  end(): void;
  /** Asks it something over the network. Never settles when it crashes. */
  ask<T>(request: (host: H) => Promise<T>, answered?: FaultPoint): Promise<T>;
}

export interface NodeParts<H extends Closable> {
  readonly name: string;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly monitor: Monitor;
  readonly spawn: (onCrash: (process: Process, site: string) => void) => Process;
  /** Starts the production host of a process. */
  readonly startHost: (process: Process) => Promise<H>;
  /** It starts again so many ms after its process ended. */
  readonly restartMs: () => number;
}

export const createNode = <H extends Closable>(parts: NodeParts<H>): Node<H> => {
  const { name, timeline, network, monitor, spawn, startHost, restartMs } = parts;
  let process: Process | undefined;
  let host: H | undefined;
  let isRestarting = false;

  const restart = (): void => {
    if (isRestarting) return;
    isRestarting = true;
    timeline.after(restartMs(), () => {
      isRestarting = false;
      start();
    });
  };
  const onCrash = (crashed: Process, site: string): void => {
    monitor.noteCrash(crashed, site);
    host = undefined;
    restart();
  };
  const report = (what: string) => (error: unknown) => {
    if (!(error instanceof CrashSignal)) monitor.violate(`${name} cannot ${what}: ${String(error)}`);
  };
  const start = (): void => {
    if (process?.isRunning || isRestarting) return;
    const started = spawn(onCrash);
    process = started;
    monitor.trace(`${name} starts`);
    startHost(started).then((ready) => {
      if (started.isRunning) host = ready;
    }, report('start'));
  };

  return {
    name,
    get isUp() {
      return host !== undefined && process?.isResponsive === true;
    },
    start,
    stop: () => {
      const [stopping, ending] = [host, process];
      if (!stopping || !ending) return;
      host = undefined;
      monitor.trace(`${name} stops`);
      stopping.close().then(() => {
        if (!ending.isRunning) return;
        ending.exit();
        monitor.trace(`${name} stopped`);
        restart();
      }, report('stop'));
    },
    kill: () => process?.crash('kill'),
    pause: (ms) => {
      if (!process?.isRunning) return;
      monitor.trace(`${name} is paused for ${ms} ms`);
      process.pause(ms);
    },
    end: () => process?.exit(),
    ask: async (request, answered) => {
      const [asked, running] = [host, process];
      await network.travel();
      if (!asked || !running?.isRunning) return never();
      const answer = await running.receive(() => request(asked));
      // The answer has left, and then the process can crash.
      if (answered !== undefined) running.reachElsewhere(answered);
      await network.travel();
      return answer;
    },
  };
};

const never = <T>(): Promise<T> => new Promise(() => {});
