// Why the payment chart ignores a message: said to people and recorded. When each applies is said by the chart (payment.ts).
import { noIncidentReasons, staleAnswerReason } from './chart.ts';

const known = 'it is not about this charge, or the outcome is already known';
/** Why a message is ignored if no transition takes it, unless its state gives a better reason. Recorded. */
export const ignoreReasons = {
  ...noIncidentReasons,
  'payment.charge': 'one order is charged once',
  'payment.capture': 'no authorised payment is waiting to be captured',
  'payment.cancel': 'the payment was already cancelled',
  'payment.refund': 'only captured money can be refunded, up to what is left',
  'gateway.action-required': known,
  'gateway.dispute-opened': 'the dispute is known, or no money of this charge was captured',
  'gateway.dispute-closed': 'the end of the dispute is known, or no money of this charge was captured',
  'gateway.charged': known,
  'gateway.authorized': known,
  'gateway.declined': known,
  'gateway.absent': 'no look-up is waiting for this answer',
  'gateway.captured': 'no capture is waiting for this answer',
  'gateway.voided': 'no void is waiting for this answer',
  'gateway.refunded': 'no refund is waiting for this answer',
  'gateway.refused': staleAnswerReason,
  'gateway.failed': staleAnswerReason,
  'gateway.unknown': staleAnswerReason,
} as const;
const calledOffFirst =
  'the order calls this payment off before anything else can come; late money is taken then';
/** In states that a cancelled payment leaves at once. */
export const ignoreReasonsBeforeCancel = {
  'gateway.charged': calledOffFirst,
  'gateway.authorized': calledOffFirst,
} as const;
