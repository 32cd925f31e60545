// The disputes at a simulated bank: a customer disputes what was captured, and later the bank decides. What it takes back
// then is no refund, and no line of the ledger. At most one is open for each transaction.
import type { Message } from '../../../machines/messages.ts';
import type { Bank, Transaction } from './bank.ts';

type Opened = Extract<Message, { type: 'gateway.dispute-opened' }>;
type Closed = Extract<Message, { type: 'gateway.dispute-closed' }>;
export type DisputeReport = Opened | Closed;
export type DisputeEnd = Closed['outcome'];

export interface Disputes {
  /** A customer disputes all that was captured. Undefined: nothing was, or that dispute is open. */
  open(orderId: string, evidenceDueInMs: number): Opened | undefined;
  /** The bank decides the open dispute of an order. Undefined: none is open. */
  close(orderId: string, outcome: DisputeEnd): Closed | undefined;
  isOpen(orderId: string): boolean;
  /** How the last dispute of an order ended; undefined: it did not. */
  lastEnd(orderId: string): DisputeEnd | undefined;
}

interface Dispute {
  readonly disputeId: string;
  readonly made: Transaction;
  outcome?: DisputeEnd;
}

export const createDisputes = (bank: Bank): Disputes => {
  const byOrder = new Map<string, Dispute[]>();
  let number = 0;
  const last = (orderId: string) => byOrder.get(orderId)?.at(-1);
  const isOpen = (orderId: string) => last(orderId) !== undefined && last(orderId)?.outcome === undefined;
  const about = ({ disputeId, made: { key, amount, currency } }: Dispute) => ({
    ...{ key, attempt: 1, disputeId, amount, currency },
  });
  return {
    open: (orderId, evidenceDueInMs) => {
      const made = bank.transactions(orderId).find(({ state, lost }) => state === 'captured' && lost === 0);
      if (made === undefined || isOpen(orderId)) return undefined;
      number += 1;
      const dispute = { disputeId: `dispute-${number}`, made };
      byOrder.set(orderId, [...(byOrder.get(orderId) ?? []), dispute]);
      return { type: 'gateway.dispute-opened', ...about(dispute), reason: 'fraudulent', evidenceDueInMs };
    },
    close: (orderId, outcome) => {
      const dispute = last(orderId);
      if (dispute === undefined || dispute.outcome !== undefined) return undefined;
      dispute.outcome = outcome;
      const { made } = dispute;
      if (outcome === 'lost') made.lost = made.amount - made.refunded;
      return { type: 'gateway.dispute-closed', ...about(dispute), outcome };
    },
    isOpen,
    lastEnd: (orderId) => last(orderId)?.outcome,
  };
};
