// Waiting until an order is settled, has an incident or waits for its caller: by the news of commits, or by looking where
// another host may have committed. It changes nothing.
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import type { Host } from '../host.ts';
import { limits } from '../limits.ts';
import type { SystemView } from '../step/view.ts';
import type { AwaitedAnswers } from './awaited-answers.ts';
import type { Engine } from './engine.ts';
import type { InFlightOrders } from './in-flight-orders.ts';
import type { Notifier } from './notifier.ts';

export interface WaitingParts<View extends SystemView> {
  readonly engine: Engine<View>;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'POLL_MS'>;
  readonly shared?: boolean | undefined;
  readonly inFlight: InFlightOrders;
  readonly settled: Notifier<View>;
  readonly awaited: AwaitedAnswers<View>;
  /** Aborted when the host closes: every wait ends. */
  readonly closing: AbortSignal;
  readonly get: Host<View>['get'];
}

export const createWaiting = <View extends SystemView>(
  parts: WaitingParts<View>,
): Host<View>['waitUntilSettled'] => {
  const { engine, clock, settings, shared, inFlight, settled, awaited, closing, get } = parts;
  // What another host commits may not be told here. What waits for a service here is mostly committed here.
  const lookEveryMs = shared === true ? settings.POLL_MS : limits.lookMs;

  /** Undefined when the time is over, or there is no such order. */
  const waitFor = async (
    orderId: string,
    withinMs: number,
    signal: AbortSignal | undefined,
  ): Promise<View | undefined> => {
    const until = clock.now() + withinMs;
    // An order that waits for a service here is not settled yet, and need not be read to see that.
    let mustLook = !inFlight.isWaitingForService(orderId, engine.application);
    for (;;) {
      const left = until - clock.now();
      if (left <= 0 || closing.aborted || signal?.aborted) return undefined;
      const isHere = inFlight.isWaitingForService(orderId, engine.application);
      const news = settled.wait(orderId, Math.min(left, isHere ? limits.lookMs : lookEveryMs), signal);
      if (mustLook) {
        const view = await get(orderId);
        if (view === undefined || view.settled || view.awaitsCaller || view.incidents.length > 0) return view;
      }
      const view = await news;
      if (view !== undefined) return view;
      mustLook = true;
    }
  };

  return async (orderId, withinMs, signal, answer) => {
    const leave = answer && awaited.add(orderId, answer);
    // What is read after the wait is what no commit answered.
    const view = await waitFor(orderId, withinMs, signal).finally(leave);
    return view ?? get(orderId);
  };
};
