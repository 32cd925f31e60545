// How orders end: with stock and money as the end state requires, and the customer notified. Only orders at rest
// (settled, without an incident) are checked; what a person decided in an incident counts as decided.
import { type AuditTerms, type Results, textIn } from '../../audit.ts';
import type { ShopCheck } from './checks.ts';
import type { ShopOrder } from './shop-order.ts';

type ShopResults = Results<ShopCheck>;

const confirmation = 'order.confirmation-sent';
const failureNotice = 'order.failure-notification-sent';
const withoutSale = ['failed', 'cancelled', 'rejected'];

export const checkEnd = (shopOrder: ShopOrder, { takenAt }: AuditTerms, results: ShopResults): void => {
  checkNotices(shopOrder, results);
  checkMails(shopOrder, takenAt, results);
  const { orderId, order, isAtRest, reservations } = shopOrder;
  if (!isAtRest) return;
  const isReserved = reservations.some(({ status }) => status === 'held');
  const problem = () => `it is ${order.state}, and its stock is still reserved`;
  results.expect('noStockLeftReserved', orderId, !isReserved, problem);
  if (order.state === 'completed') checkCompleted(shopOrder, results);
  if (withoutSale.includes(order.state)) checkWithoutSale(shopOrder, results);
};

const checkCompleted = (shopOrder: ShopOrder, results: ShopResults): void => {
  const { orderId, reservations, messages, due, taken, eventsOf } = shopOrder;
  results.count('endStatesRight');
  const report = (problem: string) => results.violate('endStatesRight', orderId, problem);
  if (taken !== due) report(`it is completed, and ${taken} of ${due} was taken`);
  const isCommitted = reservations.some(({ status }) => status === 'sold');
  if (!isCommitted) report('it is completed, and its stock is not committed');
  const completions = eventsOf('order.completed').length;
  if (completions !== 1) report(`it is completed, and the journal has that ${completions} times`);
  const asked = new Set(
    messages
      .filter(({ type, disposition }) => type === 'order.refund' && disposition === 'applied')
      .map(({ fields }) => textIn(fields, 'refundId')),
  );
  for (const { seq, fields } of eventsOf('payment.refunded')) {
    if (!asked.has(textIn(fields, 'refundId'))) report(`event ${seq} is a refund that nobody asked for`);
  }
};

const checkWithoutSale = (shopOrder: ShopOrder, results: ShopResults): void => {
  const { orderId, order, reservations, taken, returned, wasResolved } = shopOrder;
  results.count('endStatesRight');
  const report = (problem: string) =>
    results.violate('endStatesRight', orderId, `it is ${order.state}, and ${problem}`);
  if (taken !== returned && !wasResolved('payment', 'not-refunded')) {
    report(`${taken - returned} was not given back`);
  }
  if (reservations.some(({ status }) => status === 'sold')) report('its stock is committed');
};

const checkNotices = ({ orderId, order, isAtRest, eventsOf }: ShopOrder, results: ShopResults): void => {
  const confirmed = eventsOf(confirmation);
  const explained = eventsOf(failureNotice);
  results.count('notifiedOnce');
  const report = (problem: string) => results.violate('notifiedOnce', orderId, problem);
  if (confirmed.length + explained.length > 1) report('its customer was notified twice');
  const paidAt = eventsOf('payment.completed')[0]?.seq ?? Number.POSITIVE_INFINITY;
  if (confirmed.some(({ seq }) => seq < paidAt)) {
    report('its customer was notified of a payment that was not made');
  }
  if (!isAtRest) return;
  const notices = order.state === 'completed' ? confirmed : explained;
  const mustNotify = order.state === 'completed' || withoutSale.includes(order.state);
  if (mustNotify && notices.length === 0) report(`it is ${order.state}, and nobody was notified`);
};

/** The folder is read later than the store: a newer mail may be of an event that is not in the picture. */
const checkMails = (
  { orderId, mails, eventsOf, wasResolved }: ShopOrder,
  takenAt: number,
  results: ShopResults,
): void => {
  if (mails === undefined) return;
  const isResolved = wasResolved('notification', 'sent');
  const sent = [
    ...eventsOf(confirmation).map(() => 'confirmation'),
    ...eventsOf(failureNotice).map(() => 'failure'),
  ];
  for (const notice of sent) {
    const isThere = isResolved || mails.some((each) => each.notice === notice);
    const problem = () => `its ${notice} was sent, and is not in the folder`;
    results.expect('mailsMatchNotices', orderId, isThere, problem);
  }
  const isPaid = eventsOf('payment.completed').length > 0;
  const isWithoutSale = eventsOf('order.failed', 'order.cancelled', 'order.rejected').length > 0;
  for (const { notice } of mails.filter(({ at }) => at < takenAt)) {
    const isTrue = notice === 'confirmation' ? isPaid : isWithoutSale;
    const but = notice === 'confirmation' ? 'it was never paid' : 'it did not fail';
    results.expect('mailsMatchNotices', orderId, isTrue, () => `its ${notice} is in the folder, and ${but}`);
  }
};
