// Disputes of payments as Stripe reports them: which charge of ours each is about, and what has become of it. A dispute carries
// nothing of ours, so its payment intent is read. It answers no dispute: evidence is sent in Stripe's dashboard.
import Stripe from 'stripe';
import { type Clock, toIsoTime } from '../clock.ts';
import { AppError } from '../errors.ts';
import { readMetadata } from './stripe-intents.ts';
import { fromStripeMoney } from './stripe-money.ts';
import type { Reply } from './stripe-replies.ts';

type DisputeEvent = 'charge.dispute.created' | 'charge.dispute.closed';
/** What is ours of it: the order and the key of its charge. */
interface DisputeFact {
  readonly ours: { readonly orderId: string; readonly key: string };
  readonly reply: Reply;
}

export const createDisputes = (api: Stripe, clock: Pick<Clock, 'now'>) => {
  const findIntent = async (dispute: Stripe.Dispute): Promise<Stripe.PaymentIntent | undefined> => {
    const { payment_intent: about } = dispute;
    if (about === null) return undefined;
    if (typeof about !== 'string') return about;
    try {
      return await api.paymentIntents.retrieve(about);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeError && error.statusCode === 404) return undefined;
      throw new AppError('provider-unavailable', 'Stripe does not say which payment the dispute is about.');
    }
  };
  /** Undefined: it is about no payment of ours. @throws AppError `provider-unavailable`. */
  return async (type: DisputeEvent, dispute: Stripe.Dispute): Promise<DisputeFact | undefined> => {
    const intent = await findIntent(dispute);
    const ours = intent && readMetadata(intent.metadata);
    if (ours === undefined) return undefined;
    const about = { disputeId: dispute.id, ...fromStripeMoney(dispute) };
    if (type === 'charge.dispute.closed') {
      // An enquiry that came to nothing (`warning_closed`) took no money.
      const outcome = dispute.status === 'lost' ? 'lost' : 'won';
      return { ours, reply: { type: 'gateway.dispute-closed', ...about, outcome } };
    }
    return {
      ours,
      reply: {
        type: 'gateway.dispute-opened',
        ...about,
        reason: dispute.reason,
        ...toDue(dispute.evidence_details, clock.now()),
      },
    };
  };
};

/** Until when evidence is taken. */
const toDue = ({ due_by }: Stripe.Dispute['evidence_details'], now: number) => {
  if (due_by === null) return {};
  const dueAt = due_by * 1000;
  return { evidenceDueAt: toIsoTime(dueAt), evidenceDueInMs: Math.max(0, dueAt - now) };
};
