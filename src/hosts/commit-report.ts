// What is counted and logged of a commit: types, ids and dispositions, never what a message carries. It changes
// nothing and runs only after the commit.
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { SloTracker } from '../slo-tracker.ts';
import { hasIncident, isSettled, type SystemView } from '../step/view.ts';
import type { OrderTransaction } from './order-transaction.ts';

interface ReportParts {
  readonly engine: { readonly application: { readonly outcomes: readonly string[] } };
  readonly metrics: Metrics;
  readonly slos: SloTracker | undefined;
  readonly logger: Logger;
}

/** How often each word occurred in one commit: a counter is told once for all of them. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(word: string): void {
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
  }

  /** Calls `tell` for each word. */
  tell(tell: (word: string, count: number) => void): void {
    for (const [word, count] of this.#counts) tell(word, count);
  }
}

/** Counts and logs what a commit recorded of its orders. */
export const reportCommit = <View extends SystemView>(
  parts: ReportParts,
  transactions: readonly OrderTransaction<View>[],
): void => {
  const { metrics } = parts;
  const dispositions = new Tally();
  const types = new Tally();
  for (const transaction of transactions) {
    for (const { disposition } of transaction.received) dispositions.add(disposition);
    for (const { type } of transaction.events) types.add(type);
    reportOrder(parts, transaction);
  }
  dispositions.tell((disposition, count) => metrics.messages.inc({ disposition }, count));
  types.tell((type, count) => metrics.events.inc({ type }, count));
};

const reportOrder = <View extends SystemView>(
  parts: ReportParts,
  transaction: OrderTransaction<View>,
): void => {
  const { metrics, logger } = parts;
  const { orderId, state, left } = transaction;
  reportReceived(parts, transaction);
  reportEvents(parts, transaction);
  for (const { state: name, ms, charts } of left) {
    metrics.stateSeconds.observe({ state: name }, ms / 1000);
    parts.slos?.note(charts, { state: name, ms });
  }
  if (isSettled(state) && !hasIncident(state)) {
    logger.debug({ orderId, correlationId: state.correlationId }, 'order settled');
  }
};

const reportReceived = <View extends SystemView>(
  { metrics, logger }: ReportParts,
  { orderId, state, received }: OrderTransaction<View>,
): void => {
  for (const { type, messageId, disposition, reason, correlationId, to } of received) {
    const line = { orderId, correlationId, type, actor: to, disposition };
    if (disposition === 'dead') {
      const invariant = state.quarantined.find((each) => each.messageId === messageId)?.violated;
      if (invariant !== undefined) metrics.violations.inc({ invariant });
      logger.error({ ...line, reason, ...(invariant && { invariant }) }, 'message quarantined');
    } else if (disposition === 'ignored') logger.info({ ...line, reason }, 'message ignored');
    else logger.debug(line, 'message applied');
  }
};

const reportEvents = <View extends SystemView>(
  { engine, metrics, logger }: ReportParts,
  { orderId, at, state, events }: OrderTransaction<View>,
): void => {
  for (const { type, data, correlationId } of events) {
    if (engine.application.outcomes.includes(type)) {
      metrics.orderSeconds.observe((at - state.createdAt) / 1000);
    }
    if (type !== 'incident.opened') continue;
    const { actor, reason } = data;
    metrics.incidents.inc({ actor: String(actor), reason: String(reason) });
    logger.warn({ orderId, correlationId, actor, reason }, 'incident opened');
  }
};
