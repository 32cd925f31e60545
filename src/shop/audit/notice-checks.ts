// Whom the shop notified of what: each outcome and each refund once, nothing that did not happen, and a mail in the folder
// for each notice. That something is missing is said only of orders at rest (settled, without an incident).
import { type AuditedEvent, type AuditTerms, type Results, textIn } from '../../audit.ts';
import { isMigration } from '../../step/replay.ts';
import { toMailKind } from '../mail-names.ts';
import type { ShopCheck } from './checks.ts';
import type { ShopOrder } from './shop-order.ts';

type ShopResults = Results<ShopCheck>;

const confirmation = 'order.confirmation-sent';
const failureNotice = 'order.failure-notification-sent';
const cancellationNotice = 'order.cancellation-notice-sent';
const refundNotice = 'order.refund-notice-sent';
const actionNotice = 'order.payment-action-notice-sent';

/** It has neither cancellation notices nor refund notices: a cancelled order gets a failure notice, a refund none. */
const firstCharts = '1';

export const checkNotices = (shopOrder: ShopOrder, results: ShopResults): void => {
  const { orderId, isAtRest, eventsOf } = shopOrder;
  results.count('notifiedOnce');
  const report = (problem: string) => results.violate('notifiedOnce', orderId, problem);
  const outcomes = eventsOf(confirmation, failureNotice, cancellationNotice);
  if (outcomes.length > 1) report('its customer was notified twice');
  if (eventsOf(actionNotice).length > 1) report('its customer was asked twice to confirm the payment');
  const paidAt = eventsOf('payment.completed', 'payment.not-needed')[0]?.seq ?? Number.POSITIVE_INFINITY;
  if (eventsOf(confirmation).some(({ seq }) => seq < paidAt)) {
    report('its customer was notified of a payment that was not made');
  }
  if (eventsOf(actionNotice).length > 0 && eventsOf('payment.action-required').length === 0) {
    report('its customer was asked to confirm a payment, and the bank did not ask for that');
  }
  checkRefundNotices(shopOrder, report);
  if (isAtRest) checkOutcomeNotice(shopOrder, report);
};

const checkOutcomeNotice = (shopOrder: ShopOrder, report: (problem: string) => void): void => {
  const { order, eventsOf } = shopOrder;
  const due = toDueNotice(shopOrder);
  if (due === undefined || eventsOf(due).length > 0) return;
  const isMisled = eventsOf(confirmation, failureNotice, cancellationNotice).length > 0;
  const problem = isMisled ? 'its customer was notified of something else' : 'nobody was notified';
  report(`it is ${order.state}, and ${problem}`);
};

const toDueNotice = (shopOrder: ShopOrder): string | undefined => {
  switch (shopOrder.order.state) {
    case 'completed':
      return confirmation;
    case 'cancelled':
      return isExplainedAsFailure(shopOrder) ? failureNotice : cancellationNotice;
    case 'failed':
    case 'rejected':
      return failureNotice;
    default:
      return undefined;
  }
};

const isExplainedAsFailure = (shopOrder: ShopOrder): boolean =>
  shopOrder.eventsOf('order.cancelled').some((event) => findCharts(shopOrder, event) === firstCharts);

/** The chart version that the order was on when an event happened. */
const findCharts = ({ messages, order }: ShopOrder, { causationId }: AuditedEvent): string | undefined => {
  const version = messages.find(({ messageId }) => messageId === causationId)?.version ?? 0;
  const moved = messages.find((each) => isMigration(each) && each.version > version);
  return moved ? textIn(moved.fields, 'from') : order.chartVersion;
};

const checkRefundNotices = (shopOrder: ShopOrder, report: (problem: string) => void): void => {
  const { isAtRest, eventsOf } = shopOrder;
  const told = Map.groupBy(eventsOf(refundNotice), ({ fields }) => textIn(fields, 'refundId'));
  const refunds = new Map(
    eventsOf('payment.refunded').map((event) => [textIn(event.fields, 'refundId'), event]),
  );
  for (const [refundId, notices] of told) {
    if (notices.length > 1) report(`its customer was notified twice of refund ${refundId}`);
    if (!refunds.has(refundId)) report(`its customer was notified of refund ${refundId}, which was not made`);
  }
  if (!isAtRest) return;
  for (const [refundId, event] of refunds) {
    if (told.has(refundId) || findCharts(shopOrder, event) === firstCharts) continue;
    report(`its customer was not notified of refund ${refundId}`);
  }
};

/** The folder is read later than the store: a newer mail may be of an event that is not in the picture. */
export const checkMails = (shopOrder: ShopOrder, { takenAt }: AuditTerms, results: ShopResults): void => {
  const { orderId, mails } = shopOrder;
  if (mails === undefined) return;
  const byHand = listSentByHand(shopOrder);
  for (const { kind, causationId } of listSent(shopOrder)) {
    const isThere = byHand.has(causationId) || mails.some((each) => each.kind === kind);
    const problem = () => `its ${kind} was sent, and is not in the folder`;
    results.expect('mailsMatchNotices', orderId, isThere, problem);
  }
  for (const { kind } of mails.filter(({ at }) => at < takenAt)) {
    const problem = whyUntrue(shopOrder, kind);
    const isTrue = problem === undefined;
    results.expect(
      'mailsMatchNotices',
      orderId,
      isTrue,
      () => `its ${kind} is in the folder, and ${problem}`,
    );
  }
};

/** The messages with which a person said that a notice was sent: it may have been a letter. */
const listSentByHand = ({ eventsOf }: ShopOrder): ReadonlySet<string> =>
  new Set(
    eventsOf('incident.closed')
      .filter(({ actor, fields }) => actor === 'notification' && textIn(fields, 'outcome') === 'sent')
      .map(({ causationId }) => causationId),
  );

const toRefundKind = ({ fields }: AuditedEvent): string => toMailKind('refund', textIn(fields, 'refundId'));

const listSent = ({ eventsOf }: ShopOrder) => {
  const listKind = (type: string, toKind: (event: AuditedEvent) => string) =>
    eventsOf(type).map((event) => ({ kind: toKind(event), causationId: event.causationId }));
  return [
    ...listKind(confirmation, () => toMailKind('confirmation')),
    ...listKind(failureNotice, () => toMailKind('failure')),
    ...listKind(cancellationNotice, () => toMailKind('cancellation')),
    ...listKind(refundNotice, toRefundKind),
    ...listKind(actionNotice, () => toMailKind('payment-action')),
  ];
};

/** What the history says against a mail; undefined: nothing. */
const whyUntrue = (shopOrder: ShopOrder, kind: string): string | undefined => {
  const { eventsOf } = shopOrder;
  const happened = (...types: readonly string[]) => eventsOf(...types).length > 0;
  switch (kind) {
    case 'confirmation':
      return happened('payment.completed', 'payment.not-needed') ? undefined : 'it was never paid';
    case 'failure': {
      const isFailure = happened('order.failed', 'order.rejected') || isExplainedAsFailure(shopOrder);
      return isFailure ? undefined : 'it did not fail';
    }
    case 'cancellation': {
      const isCancellation = happened('order.cancelled') && !isExplainedAsFailure(shopOrder);
      return isCancellation ? undefined : 'it was not cancelled';
    }
    case 'payment-action':
      return happened('payment.action-required') ? undefined : 'its bank asked for no confirmation';
    default:
      return eventsOf('payment.refunded').some((event) => toRefundKind(event) === kind)
        ? undefined
        : 'there was no such refund';
  }
};
