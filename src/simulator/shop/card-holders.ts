// What customers do at the bank of a simulation: they confirm a payment, fail to, or never come; and they dispute what was
// taken, until the bank decides. The bank reports disputes by webhook alone.
import type { LedgerEntry } from '../../shop/audit/gateway-ledger.ts';
import type { Monitor } from '../monitor.ts';
import type { SeededRandom } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { Bank } from './bank.ts';
import type { DisputeReport, Disputes } from './disputes.ts';
import type { Scenario } from './scenario.ts';
import type { Webhook } from './webhooks.ts';

export interface CardHolderParts {
  readonly timeline: Timeline;
  readonly scenario: Scenario;
  readonly monitor: Monitor;
  readonly random: (name: string) => SeededRandom;
  readonly onWebhook: (webhook: Webhook) => void;
}

const takings = ['charged', 'captured'];

export const createCardHolders = (
  { timeline, scenario, monitor, random, onWebhook }: CardHolderParts,
  bank: Bank,
  disputes: Disputes,
) => {
  const { questionRate, disputeRate } = scenario;
  const { between, happens } = random('card holders');
  const asked = new Set<string>();
  const report = (orderId: string, message: DisputeReport | undefined): void => {
    if (message === undefined) return;
    monitor.trace(`bank ${message.type} ${orderId}`);
    const name = `${message.type} ${message.disputeId}`;
    onWebhook({ orderId, name, message, isQuick: happens(0.5) });
  };
  const dispute = (orderId: string): void => {
    const opened = disputes.open(orderId, between(1000, 60_000));
    report(orderId, opened);
    if (opened === undefined) return;
    timeline.after(between(1000, 60_000), () => {
      const closed = disputes.close(orderId, happens(0.5) ? 'won' : 'lost');
      report(orderId, closed);
      if (closed !== undefined) monitor.saw(`dispute-${closed.outcome}`);
    });
  };
  return {
    /** Whether the bank asks the customer about a charge: if so, it is answered, or not. */
    isAsked: (orderId: string): boolean => {
      if (!happens(questionRate)) return false;
      asked.add(orderId);
      const comes = happens(0.8);
      if (!comes) return true;
      timeline.after(between(500, 40_000), () => {
        const reply = bank.confirm(orderId, happens(0.8));
        if (reply !== undefined) monitor.saw('customer-answered-bank');
      });
      return true;
    },
    wasAsked: (orderId: string): boolean => asked.has(orderId),
    noteEntry: ({ orderId, result }: LedgerEntry): void => {
      if (!takings.includes(result) || !happens(disputeRate)) return;
      timeline.after(between(1000, 60_000), () => dispute(orderId));
    },
  };
};
