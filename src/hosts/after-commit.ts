// What follows a commit, in this order for each of its orders: cache its system, make its calls, set its deadline, wake its
// readers, notify observers, count; then answer the callers. Nothing here waits or writes.
import type { Logger } from 'pino';
import type { Lease } from '../call-claims.ts';
import type { CommitObserver } from '../host.ts';
import type { Metrics } from '../metrics.ts';
import type { SloTracker } from '../slo-tracker.ts';
import type { Call } from '../step/effect.ts';
import { endsWait, isSettled, type SystemView } from '../step/view.ts';
import type { Tracing } from '../tracing.ts';
import type { Caller } from './caller.ts';
import { reportCommit } from './commit-report.ts';
import type { DeadlineTimer } from './deadline-timer.ts';
import { type DecidedOrder, reachAfterCommit } from './decision.ts';
import type { Engine } from './engine.ts';
import type { InFlightOrders } from './in-flight-orders.ts';
import type { JournalFeed } from './journal-feed.ts';
import type { Notifier } from './notifier.ts';

export interface AfterCommitParts<View extends SystemView> {
  readonly engine: Engine<View>;
  readonly inFlight: InFlightOrders;
  readonly caller: Caller;
  readonly deadlines: DeadlineTimer;
  /** Given to those who watch it, of all orders or of one. */
  readonly journal: JournalFeed;
  /** Wakes those who wait until an order is settled, has an incident or waits for them, with its view. */
  readonly settled: Notifier<View>;
  readonly observer: CommitObserver | undefined;
  readonly slos: SloTracker | undefined;
  readonly tracing: Tracing | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** `lease`: which of the new calls this host makes, and until when nobody else does. */
export const afterCommit = <View extends SystemView>(
  parts: AfterCommitParts<View>,
  decided: readonly DecidedOrder<View>[],
  lease: Lease,
): void => {
  const { engine, inFlight, caller, deadlines, journal, observer } = parts;
  for (const order of decided) {
    if (order.write === null) continue;
    const { orderId, at, state, received, calls, wakeAt, deliveries } = order.transaction;
    reachAfterCommit(engine, order);
    inFlight.keep(orderId, state);
    parts.tracing?.noteCommitted(orderId, order.transaction.traced, calls, isSettled(state));
    caller.forget(order.write.finishedCalls);
    // A migration writes calls of earlier commits again.
    const isEarlier = ({ causationId }: Call) => !received.some(({ messageId }) => messageId === causationId);
    caller.noteCommitted(calls, lease, calls.filter(isEarlier));
    deadlines.set(wakeAt);
    journal.noteCommit();
    notifySettled(parts, order);
    if (engine.system.isObserved()) observer?.note({ orderId, at, state, deliveries });
  }
  reportCommit(
    parts,
    decided.filter(({ write }) => write !== null).map(({ transaction }) => transaction),
  );
  for (const { responses } of decided) for (const respond of responses) respond();
};

const notifySettled = <View extends SystemView>(
  { engine, settled }: AfterCommitParts<View>,
  { orderId, transaction, ended }: DecidedOrder<View>,
): void => {
  const { state } = transaction;
  if (!settled.isAwaited(orderId) || !endsWait(engine.application, state)) return;
  settled.notify(orderId, ended?.view ?? transaction.view());
};
