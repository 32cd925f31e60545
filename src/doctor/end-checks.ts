// How orders end: with stock and money where the end says, and the customer told. Only orders at rest (settled
// and without an incident) are held to it; what a person decided in an incident counts as decided.
import type { Case, Facts, Mail } from './facts.ts';
import { textIn } from './json.ts';
import { toMoney } from './money-checks.ts';
import type { Tally } from './tally.ts';

const confirmation = 'order.confirmation-sent';
const failureNotice = 'order.failure-notification-sent';
const lost = ['failed', 'cancelled', 'rejected'];

export const checkEnd = (facts: Facts, { mail }: Case, takenAt: number, tally: Tally): void => {
  checkNotices(facts, tally);
  if (mail) checkMail(facts, mail, takenAt, tally);
  if (!facts.isAtRest) return;
  const { orderId, order, dossier } = facts;
  const holds = dossier.reservations.some(({ status }) => status === 'held');
  tally.expect('dangling', orderId, !holds, () => `it is ${order.state}, and its stock is still held`);
  if (order.state === 'completed') checkCompleted(facts, tally);
  if (lost.includes(order.state)) checkLost(facts, tally);
};

const checkCompleted = (facts: Facts, tally: Tally): void => {
  const { orderId, dossier, messages, total, eventsOf } = facts;
  const { taken } = toMoney(facts);
  tally.look('endings');
  const report = (problem: string) => tally.violate('endings', orderId, problem);
  if (taken !== total) report(`it is completed, and ${taken} of ${total} was taken`);
  const sold = dossier.reservations.some(({ status }) => status === 'sold');
  if (!sold) report('it is completed, and its stock is not sold');
  if (eventsOf('order.completed').length !== 1)
    report('it is completed, and the journal does not say so once');
  const asked = new Set(
    messages
      .filter(({ type, disposition }) => type === 'order.refund' && disposition === 'applied')
      .map(({ fields }) => textIn(fields, 'refundId')),
  );
  for (const { seq, fields } of eventsOf('payment.refunded')) {
    if (!asked.has(textIn(fields, 'refundId'))) report(`event ${seq} is a refund that nobody asked for`);
  }
};

const checkLost = (facts: Facts, tally: Tally): void => {
  const { orderId, order, dossier, wasResolved } = facts;
  const { taken, returned } = toMoney(facts);
  tally.look('endings');
  if (taken !== returned && !wasResolved('payment', 'not-refunded')) {
    tally.violate('endings', orderId, `it is ${order.state}, and ${taken - returned} was not given back`);
  }
  if (dossier.reservations.some(({ status }) => status === 'sold')) {
    tally.violate('endings', orderId, `it is ${order.state}, and its stock is sold`);
  }
};

const checkNotices = ({ orderId, order, isAtRest, eventsOf }: Facts, tally: Tally): void => {
  const confirmed = eventsOf(confirmation);
  const explained = eventsOf(failureNotice);
  tally.look('notices');
  const report = (problem: string) => tally.violate('notices', orderId, problem);
  if (confirmed.length + explained.length > 1) report('its customer was told twice');
  const paidAt = eventsOf('payment.completed')[0]?.seq ?? Number.POSITIVE_INFINITY;
  if (confirmed.some(({ seq }) => seq < paidAt))
    report('its customer was told of a payment that was not made');
  if (!isAtRest) return;
  if (order.state === 'completed' && confirmed.length === 0) report('it is completed, and nobody was told');
  if (lost.includes(order.state) && explained.length === 0)
    report(`it is ${order.state}, and nobody was told`);
};

/** The folder is looked into later than the store: a newer mail may be of an event that is not in the picture. */
const checkMail = (
  { orderId, eventsOf, wasResolved }: Facts,
  mail: readonly Mail[],
  takenAt: number,
  tally: Tally,
): void => {
  const isBelieved = wasResolved('notification', 'sent');
  const sent = [
    ...eventsOf(confirmation).map(() => 'confirmation'),
    ...eventsOf(failureNotice).map(() => 'failure'),
  ];
  for (const notice of sent) {
    const isThere = mail.some((each) => each.notice === notice) || isBelieved;
    tally.expect('mail', orderId, isThere, () => `its ${notice} was sent, and is not in the folder`);
  }
  const isPaid = eventsOf('payment.completed').length > 0;
  const isLost = eventsOf('order.failed', 'order.cancelled', 'order.rejected').length > 0;
  for (const { notice } of mail.filter(({ at }) => at < takenAt)) {
    const isTrue = notice === 'confirmation' ? isPaid : isLost;
    const but = notice === 'confirmation' ? 'it was never paid' : 'it did not fail';
    tally.expect('mail', orderId, isTrue, () => `its ${notice} is in the folder, and ${but}`);
  }
};
