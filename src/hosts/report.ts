// What is counted and logged of a commit: types, ids and outcomes, never what a message carries. It changes
// nothing and is told only after the commit.
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { Session } from './session.ts';

const outcomes = new Set(['order.completed', 'order.rejected', 'order.failed', 'order.cancelled']);

/** Counts and logs what one order's part of a commit recorded. */
export const report = (
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
  { orderId, at, state, received, events, left }: Session,
): void => {
  for (const { type, messageId, disposition, reason, correlationId, to } of received) {
    metrics.messages.inc({ disposition });
    const line = { orderId, correlationId, type, actor: to, disposition };
    if (disposition === 'dead') {
      const invariant = state().quarantined.find((each) => each.messageId === messageId)?.violated;
      if (invariant !== undefined) metrics.violations.inc({ invariant });
      logger.error({ ...line, reason, ...(invariant && { invariant }) }, 'a message was set aside');
    } else if (disposition === 'ignored') logger.info({ ...line, reason }, 'message ignored');
    else logger.debug(line, 'message applied');
  }
  for (const { type, data, correlationId } of events) {
    metrics.events.inc({ type });
    if (outcomes.has(type)) metrics.orderSeconds.observe((at - state().createdAt) / 1000);
    if (type !== 'incident.opened') continue;
    const { actor, reason } = data;
    metrics.incidents.inc({ actor: String(actor), reason: String(reason) });
    logger.warn({ orderId, correlationId, actor, reason }, 'an order waits for a person');
  }
  for (const { state, ms } of left()) metrics.stateSeconds.observe({ state }, ms / 1000);
};
