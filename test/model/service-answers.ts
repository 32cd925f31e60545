// The answers that services can give in the model: all of them for each command, and those that arrive
// unsolicited. Data, and how an answer's name becomes a message.
import type { AnyEventObject } from 'xstate';
import { type ActorName, type ServiceName, serviceNames } from '../../machines/messages.ts';
import { sampleOrder, shortage } from '../machines/sample-order.ts';
import { toReply } from '../machines/scripted-services.ts';

/** The actor that each service answers. */
export const clients = {
  warehouse: 'inventory',
  gateway: 'payment',
  mailer: 'notification',
} as const satisfies Record<ServiceName, ActorName>;

interface Answers {
  /** Success. */
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

/** Every answer to every command. */
export const answersTo: Readonly<Record<string, Answers>> = {
  'warehouse.check': { good: ['checked'], bad: ['problems', 'failed', 'refused'] },
  'warehouse.reserve': { good: ['reserved'], bad: ['insufficient', 'refused', 'failed'] },
  'warehouse.commit': { good: ['committed'], bad: ['refused', 'failed'] },
  'warehouse.return': { good: ['returned'], bad: ['refused', 'failed'] },
  'warehouse.release': { good: ['released'], bad: ['refused', 'failed'] },
  'gateway.charge': {
    good: ['charged', 'authorized'],
    bad: ['action-required', 'declined', 'refused', 'failed', 'unknown', 'key-expired'],
  },
  'gateway.look-up': {
    good: ['charged'],
    bad: ['authorized', 'action-required', 'declined', 'absent', 'voided', 'failed', 'unknown'],
  },
  'gateway.capture': { good: ['captured'], bad: ['refused', 'failed', 'unknown'] },
  'gateway.void': { good: ['voided'], bad: ['refused', 'failed', 'unknown'] },
  'gateway.refund': { good: ['refunded'], bad: ['refused', 'failed', 'unknown'] },
  'mailer.send': { good: ['sent'], bad: ['failed'] },
};

/** The key of an unsolicited answer: of one of our purposes, of the last call, or a foreign one. */
export type FactKey = 'charge' | 'capture' | 'void' | 'refund' | 'asked' | 'foreign';

export interface FactWords {
  readonly service: ServiceName;
  /** Answers that may arrive twice, late or unsolicited, by their key. */
  readonly of: Readonly<Partial<Record<FactKey, readonly string[]>>>;
  /** Answers that say only that an earlier attempt had no result. */
  readonly stale: readonly string[];
}

const warehouseSays = [
  ...['checked', 'problems', 'reserved', 'insufficient', 'committed', 'released', 'returned'],
];
const gatewaySays = [
  ...['charged', 'authorized', 'action-required', 'declined', 'captured', 'voided', 'refunded'],
];

export const facts: readonly FactWords[] = [
  {
    service: 'warehouse',
    of: { foreign: [...warehouseSays, 'refused'] },
    stale: ['failed', 'refused'],
  },
  {
    service: 'gateway',
    of: {
      charge: ['charged', 'authorized', 'action-required', 'declined', 'voided'],
      capture: ['captured'],
      void: ['voided'],
      refund: ['refunded'],
      foreign: [...gatewaySays, 'refused'],
    },
    stale: ['failed', 'unknown', 'refused', 'absent', 'voided'],
  },
  { service: 'mailer', of: { foreign: ['sent'] }, stale: ['failed', 'sent'] },
];

/** What the bank reports of disputes: they are limited on their own, since each one multiplies the states that follow. */
export const disputeReports: FactWords = {
  service: 'gateway',
  of: {
    charge: ['dispute-opened', 'dispute-won', 'dispute-lost', 'dispute-lost-whole', 'dispute-2-won'],
    foreign: ['dispute-opened', 'dispute-won'],
  },
  stale: [],
};

/** A part of the money, so that some is left to refund. */
const dispute = { disputeId: 'dispute-1', amount: 1000, currency: sampleOrder.currency };
/** Answers that one word of the charts does not name. */
const wholes: Readonly<Record<string, AnyEventObject>> = {
  problems: { type: 'warehouse.checked', problems: [shortage] },
  // Evidence is taken for a moment: with the usual week, timers of a week would fire on every path.
  'dispute-opened': {
    ...{ type: 'gateway.dispute-opened', ...dispute, reason: 'fraudulent' },
    evidenceDueInMs: 33_000,
  },
  'dispute-won': { type: 'gateway.dispute-closed', ...dispute, outcome: 'won' },
  'dispute-lost': { type: 'gateway.dispute-closed', ...dispute, outcome: 'lost' },
  /** All of the money is gone. */
  'dispute-lost-whole': {
    ...{ type: 'gateway.dispute-closed', ...dispute, outcome: 'lost' },
    amount: sampleOrder.amount,
  },
  /** Whose opening was not reported. */
  'dispute-2-won': { type: 'gateway.dispute-closed', ...dispute, disputeId: 'dispute-2', outcome: 'won' },
};

/** The reply to `command` that is named `word`. */
export const toAnswer = (service: ServiceName, command: AnyEventObject, word: string): AnyEventObject => {
  const { amount, currency } = sampleOrder;
  const whole = wholes[word] ?? word;
  return toReply({ service, command: { key: '', ...command } }, whole, { amount, currency });
};

/** The reply that the host makes if there is no answer in time. */
export const toTimeout = (service: ServiceName, command: AnyEventObject): AnyEventObject => ({
  ...toAnswer(service, command, service === 'gateway' ? 'unknown' : 'failed'),
  reason: 'no-answer',
});

/** @throws Error for an unknown service. */
export const toService = (name: string): ServiceName => {
  const known = serviceNames.find((each) => each === name);
  if (known === undefined) throw new Error(`there is no service '${name}'`);
  return known;
};
