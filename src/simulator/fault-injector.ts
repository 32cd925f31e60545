// What happens to the processes while faults last: some are killed, some are stopped in order, some are paused, and in
// some simulations none runs for a day. Then it stops, and nothing fails any more.

import { type FaultRates, stopFaults } from './fault-rates.ts';
import type { Closable, Node } from './node.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';

export interface FaultPlan {
  readonly rates: FaultRates;
  /** How long faults last, ms. */
  readonly faultsMs: number;
  /** Every so many ms a process is killed between commit points, stopped in order, or paused. */
  readonly killEveryMs: number;
  readonly stopEveryMs: number;
  readonly pauseEveryMs: number;
  /** When no process runs, and for how long, ms. */
  readonly outage: { readonly afterMs: number; readonly lastsMs: number } | undefined;
}

export interface FaultInjector {
  /** Nothing starts before this time (ms since 1970). */
  readonly outageUntil: number;
  readonly isStopped: boolean;
}

export const startFaults = <H extends Closable>(
  timeline: Timeline,
  random: SeededRandom,
  plan: FaultPlan,
  nodes: readonly Node<H>[],
  onStop: () => void,
): FaultInjector => {
  const injector = { outageUntil: 0, isStopped: false };
  const every = (ms: number, inject: (node: Node<H>) => void): void => {
    if (!Number.isFinite(ms)) return;
    timeline.after(random.between(1, Math.ceil(2 * ms)), () => {
      if (injector.isStopped) return;
      inject(random.pick(nodes));
      every(ms, inject);
    });
  };
  every(plan.killEveryMs, (node) => node.kill());
  every(plan.stopEveryMs, (node) => node.stop());
  every(plan.pauseEveryMs, (node) => node.pause(random.between(1000, 30_000)));
  const { outage } = plan;
  if (outage !== undefined) {
    timeline.after(outage.afterMs, () => {
      injector.outageUntil = timeline.now() + outage.lastsMs;
      for (const node of nodes) node.kill();
    });
  }
  const stop = (): void => {
    const left = injector.outageUntil - timeline.now();
    if (left > 0) {
      timeline.after(left, stop);
      return;
    }
    injector.isStopped = true;
    stopFaults(plan.rates);
    for (const node of nodes) node.start();
    onStop();
  };
  timeline.after(plan.faultsMs, stop);
  return injector;
};
