// The operator who looks after incidents: reads the incident, asks the bank and the mail what is true, and resolves it;
// or lets the order try again. It never guesses, and never resolves what could still change.
import type { Message } from '../../../machines/messages.ts';
import { AppError } from '../../errors.ts';
import type { Incident } from '../../host.ts';
import type { ReadableOrderView } from '../../shop/view.ts';
import type { SeededRandom } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { ShopNode } from './customers.ts';
import type { World } from './world.ts';

type Repair = Extract<Message, { type: 'incident.retry' | 'incident.resolve' }>;

export interface OperatorParts {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly nodes: readonly ShopNode[];
  readonly world: World;
  /** No request to the bank is in transit: what has not happened yet never will. */
  readonly isFinal: () => boolean;
  /** How long until the next round, ms. */
  readonly pauseMs: () => number;
  readonly onError: (error: unknown) => void;
}

export const startOperator = (parts: OperatorParts): void => {
  const { timeline, nodes, random, pauseMs, onError } = parts;
  const makeRound = (): void => {
    const up = nodes.filter(({ isUp }) => isUp);
    if (up.length > 0) repairAll(parts, random.pick(up)).catch(onError);
    timeline.after(pauseMs(), makeRound);
  };
  timeline.after(pauseMs(), makeRound);
};

const repairAll = async (parts: OperatorParts, node: ShopNode): Promise<void> => {
  const views = await node.ask((host) => host.list({ incident: true, limit: 100 }));
  await Promise.all(
    views.map(async (view) => {
      const incident = view.incidents[0];
      if (incident && view.unreadable === undefined) await repair(parts, node, view, incident);
    }),
  );
};

const repair = async (
  { world, random, isFinal }: OperatorParts,
  node: ShopNode,
  view: ReadableOrderView,
  incident: Incident,
): Promise<void> => {
  // A message that makes its chart throw does so again: it is tried rarely, and stays.
  if (incident.reason === 'message-quarantined' && !random.happens(0.1)) return;
  const canStillChange = !isFinal() || view.calls.some(({ actor }) => actor === 'payment');
  const truth = random.happens(0.7)
    ? (findTruth(world, view, incident.reason) ??
      (canStillChange ? undefined : resolveByHand(world, view, incident.reason)))
    : undefined;
  const message: Repair = truth ?? { type: 'incident.retry', note: 'looked at' };
  try {
    await node.ask((host) =>
      host.send({ orderId: view.id, to: incident.actor, message, otherwise: 'refuse' }),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
};

const resolveAs = (outcome: string, more: { readonly transactionId?: string } = {}): Repair => ({
  type: 'incident.resolve',
  outcome,
  note: 'asked the bank',
  ...more,
});

const findTruth = (
  { bank, disputes, isNotified }: World,
  view: ReadableOrderView,
  reason: string,
): Repair | undefined => {
  const [made] = bank.transactions(view.id);
  switch (reason) {
    case 'charge-unknown':
      return made?.state === 'captured' ? resolveAs('charged', { transactionId: made.id }) : undefined;
    case 'capture-unconfirmed':
      return made?.state === 'captured' ? resolveAs('captured') : undefined;
    case 'void-unconfirmed':
      return made?.state === 'captured' || made?.state === 'voided' ? resolveAs(made.state) : undefined;
    case 'refund-unconfirmed': {
      if (made && made.refunded > view.refundedAmount) return resolveAs('refunded');
      // What the bank took back in a dispute can be refunded no more.
      return made && made.lost > 0 ? resolveAs('not-refunded') : undefined;
    }
    case 'payment-disputed': {
      const outcome = disputes.lastEnd(view.id);
      return outcome && resolveAs(outcome);
    }
    case 'notice-unsent':
      return isNotified(view.id) ? resolveAs('sent') : undefined;
    default:
      return undefined;
  }
};

/** A key that the bank has forgotten is never sent again: then a person does it at the bank, and records it. */
const resolveByHand = ({ bank }: World, view: ReadableOrderView, reason: string): Repair | undefined => {
  const [made] = bank.transactions(view.id);
  if (reason === 'capture-unconfirmed') return resolveAs('not-captured');
  if (reason === 'refund-unconfirmed' && view.state === 'completed') return resolveAs('not-refunded');
  if (!made) return undefined;
  const { id: transactionId, amount, currency, refunded } = made;
  const by = { attempt: 1, transactionId };
  if (reason === 'void-unconfirmed') {
    bank.act({ type: 'gateway.void', key: `${view.id}/void/1`, ...by }, view.id);
    return resolveAs('voided');
  }
  if (reason !== 'refund-unconfirmed') return undefined;
  const rest = { amount: amount - refunded, currency };
  bank.act({ type: 'gateway.refund', key: `${view.id}/refund/rest`, ...by, ...rest }, view.id);
  return resolveAs('refunded');
};
