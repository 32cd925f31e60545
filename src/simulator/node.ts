// One node: a process that starts, works, stops politely, dies and starts again, over the one store. Its host
// is the production runner; around it is only what it can hear (life.ts, connection.ts).
import type { FaultPoint } from '../faults.ts';
import type { Host } from '../host.ts';
import { CrashSignal } from './crashes.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';

export interface Node {
  readonly name: string;
  /** Whether it takes requests now. */
  readonly isUp: boolean;
  start(): void;
  stop(): void;
  die(): void;
  standStill(ms: number): void;
  /** Asks it something over the network. Never settles where it dies, or the answer gets lost. */
  ask<T>(request: (host: Host) => Promise<T>, answered?: FaultPoint): Promise<T>;
}

export interface NodeParts {
  readonly name: string;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly watch: Watch;
  /** A new life; whoever makes it decides where it ends. */
  readonly bear: (onDeath: (life: Life, site: string) => void) => Life;
  /** Starts the production host for a life. */
  readonly startHost: (life: Life) => Promise<Host>;
  /** It starts again so long after it went. */
  readonly restartMs: () => number;
}

export const createNode = ({
  name,
  timeline,
  network,
  watch,
  bear,
  startHost,
  restartMs,
}: NodeParts): Node => {
  let life: Life | undefined;
  let host: Host | undefined;
  /** Nobody starts a process that is up already. */
  let isStarting = false;

  const startLater = (): void => {
    if (isStarting) return;
    isStarting = true;
    timeline.after(restartMs(), () => {
      isStarting = false;
      start();
    });
  };
  const onDeath = (dead: Life, site: string): void => {
    watch.noteDeath(dead, site);
    host = undefined;
    startLater();
  };
  const start = (): void => {
    if (life?.isAlive || isStarting) return;
    const born = bear(onDeath);
    life = born;
    watch.trace(`${name} starts`);
    startHost(born).then(
      (started) => {
        if (born.isAlive) host = started;
      },
      (error: unknown) => {
        if (!(error instanceof CrashSignal)) watch.violate(`${name} cannot start: ${String(error)}`);
      },
    );
  };

  return {
    name,
    get isUp() {
      return host !== undefined && life?.isAlive === true && life.standsStillUntil <= timeline.now();
    },
    start,
    stop: () => {
      const [stopping, from] = [host, life];
      if (!stopping || !from) return;
      host = undefined;
      watch.trace(`${name} stops`);
      stopping.close().then(
        () => {
          if (!from.isAlive) return;
          from.isAlive = false;
          watch.trace(`${name} stopped`);
          startLater();
        },
        (error: unknown) => {
          if (!(error instanceof CrashSignal)) watch.violate(`${name} cannot stop: ${String(error)}`);
        },
      );
    },
    die: () => life?.die('kill'),
    standStill: (ms) => {
      if (!life?.isAlive) return;
      watch.trace(`${name} stands still for ${ms} ms`);
      life.standsStillUntil = timeline.now() + ms;
    },
    ask: async (request, answered) => {
      const [asked, from] = [host, life];
      await network.travel();
      if (!asked || !from?.isAlive) return never();
      const answer = await from.hear(() => request(asked));
      // The answer is out, and then the process can die.
      if (answered !== undefined) from.passBy(answered);
      await network.travel();
      return answer;
    },
  };
};

const never = <T>(): Promise<T> => new Promise(() => {});
