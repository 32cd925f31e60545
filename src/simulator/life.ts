// One life of a process, from its start to its death. Everything that comes to it from outside passes through
// here, so that a dead process hears nothing any more and one that stands still hears of everything later.
import type { Clock } from '../clock.ts';
import type { FaultPoint, Faults } from '../faults.ts';
import { type CrashPlan, CrashSignal, toSiteName } from './crashes.ts';
import type { Timeline } from './timeline.ts';

export interface Life extends Faults {
  readonly node: string;
  /** Unlike that of any other life. */
  readonly number: number;
  readonly bornAt: number;
  isAlive: boolean;
  /** Nothing reaches it before this time (ms since 1970). */
  standsStillUntil: number;
  readonly clock: Clock;
  /** What `work` comes to, told to this process if it still lives; otherwise never. */
  hear<T>(work: () => Promise<T>): Promise<T>;
  /** Something of this process was done elsewhere: a place to die, which nothing of it is thrown through. */
  passBy(point: FaultPoint, about?: string): void;
  /** The process ends here, at a commit point or (`kill`) between them. */
  die(site: string): void;
}

export const createLife = (
  { node, number, skewMs }: { readonly node: string; readonly number: number; readonly skewMs: number },
  timeline: Timeline,
  plan: CrashPlan,
  onDeath: (life: Life, site: string) => void,
): Life => {
  /** Calls back when the process can take it. */
  const pass = (callback: () => void): void => {
    if (!life.isAlive) return;
    const left = life.standsStillUntil - timeline.now();
    if (left > 0) timeline.after(left, () => pass(callback));
    else callback();
  };
  const clock: Clock = {
    now: () => timeline.now() + skewMs,
    schedule: (callback, delayMs) => timeline.after(delayMs, () => pass(callback)),
    soon: (callback) => {
      timeline.after(0, () => pass(callback));
    },
  };
  const life: Life = {
    node,
    number,
    bornAt: timeline.now(),
    isAlive: true,
    standsStillUntil: 0,
    clock,
    hear: <T>(work: () => Promise<T>) => {
      const heard = Promise.withResolvers<T>();
      if (!life.isAlive) return heard.promise;
      work().then(
        (value) => pass(() => heard.resolve(value)),
        (error: unknown) => pass(() => heard.reject(error)),
      );
      return heard.promise;
    },
    die: (site) => {
      if (!life.isAlive) return;
      life.isAlive = false;
      onDeath(life, site);
    },
    passBy: (point, about) => {
      if (!life.isAlive || !plan.strikes(point, about)) return;
      life.die(toSiteName({ point, ...(about !== undefined && { about }) }));
    },
    reach: (point, about) => {
      life.passBy(point, about);
      if (!life.isAlive) throw new CrashSignal(`${node} died at ${point}`);
    },
  };
  return life;
};
