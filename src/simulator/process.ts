// One process, from its start to its end. Everything that reaches it from outside passes through here: an ended process
// receives nothing any more, and a paused one receives everything later.
import type { Clock } from '../clock.ts';
import type { FaultPoint, Faults } from '../faults.ts';
import { type CrashPlan, CrashSignal, toSiteName } from './crashes.ts';
import type { Timeline } from './timeline.ts';

export interface Process extends Faults {
  readonly node: string;
  /** Different for every process of a simulation. */
  readonly number: number;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly isRunning: boolean;
  /** It is running, and not paused. */
  readonly isResponsive: boolean;
  readonly clock: Clock;
  /** Delivers the outcome of `work` to this process; never when it has ended. */
  receive<T>(work: () => Promise<T>): Promise<T>;
  /** Reaches a commit point elsewhere, on behalf of this process: a crash there is thrown through nothing. */
  reachElsewhere(point: FaultPoint, about?: string): void;
  pause(ms: number): void;
  /** Ends it, at a commit point or (`kill`) between two of them. */
  crash(site: string): void;
  /** Ends it after it has stopped by itself. */
  exit(): void;
  /** Calls back when it ends, at once when it has ended; the returned function cancels that. */
  onEnd(callback: () => void): () => void;
}

export interface ProcessParts {
  readonly node: string;
  readonly number: number;
  /** By how much its clock is ahead, ms. */
  readonly skewMs: number;
  readonly timeline: Timeline;
  readonly plan: CrashPlan;
  readonly onCrash: (process: Process, site: string) => void;
}

export const spawnProcess = (parts: ProcessParts): Process => {
  const { node, number, skewMs, timeline, plan, onCrash } = parts;
  let isRunning = true;
  let pausedUntil = 0;
  const endings = new Set<() => void>();
  /** Calls back when the process can take it. */
  const deliver = (callback: () => void): void => {
    if (!isRunning) return;
    const left = pausedUntil - timeline.now();
    if (left > 0) timeline.after(left, () => deliver(callback));
    else callback();
  };
  const clock: Clock = {
    now: () => timeline.now() + skewMs,
    schedule: (callback, delayMs) => timeline.after(delayMs, () => deliver(callback)),
    soon: (callback) => {
      timeline.after(0, () => deliver(callback));
    },
  };
  const exit = (): void => {
    isRunning = false;
    for (const callback of endings) callback();
    endings.clear();
  };
  const process: Process = {
    node,
    number,
    startedAt: timeline.now(),
    get isRunning() {
      return isRunning;
    },
    get isResponsive() {
      return isRunning && pausedUntil <= timeline.now();
    },
    clock,
    receive: <T>(work: () => Promise<T>) => {
      const received = Promise.withResolvers<T>();
      if (!isRunning) return received.promise;
      work().then(
        (value) => deliver(() => received.resolve(value)),
        (error: unknown) => deliver(() => received.reject(error)),
      );
      return received.promise;
    },
    pause: (ms) => {
      pausedUntil = timeline.now() + ms;
    },
    crash: (site) => {
      if (!isRunning) return;
      exit();
      onCrash(process, site);
    },
    exit,
    onEnd: (callback) => {
      if (isRunning) endings.add(callback);
      else callback();
      return () => endings.delete(callback);
    },
    reachElsewhere: (point, about) => {
      if (!isRunning || !plan.crashesAt(point, about)) return;
      process.crash(toSiteName({ point, ...(about !== undefined && { about }) }));
    },
    reach: (point, about) => {
      process.reachElsewhere(point, about);
      if (!isRunning) throw new CrashSignal(`${node} crashed at ${point}`);
    },
  };
  return process;
};
