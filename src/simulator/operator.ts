// The person who looks after parked orders: reads the incident, asks the bank and the mail what is true, and
// says it; or lets the order try again. It never guesses, and never says what could still change.
import type { Message } from '../../machines/messages.ts';
import { AppError } from '../errors.ts';
import type { Host, Incident, OrderView } from '../host.ts';
import type { Node } from './node.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { World } from './world.ts';

type Repair = Extract<Message, { type: 'incident.retry' | 'incident.resolve' }>;

export interface OperatorParts {
  readonly timeline: Timeline;
  readonly chance: SeededRandom;
  readonly nodes: readonly Node[];
  readonly world: World;
  /** Nothing that was asked of the bank is still on its way: what is not there now will never be. */
  readonly isFinal: () => boolean;
  /** How long until it looks again, ms. */
  readonly restMs: () => number;
  readonly onTrouble: (error: unknown) => void;
}

export const startOperator = (parts: OperatorParts): void => {
  const { timeline, nodes, chance, restMs, onTrouble } = parts;
  const look = (): void => {
    const up = nodes.filter(({ isUp }) => isUp);
    if (up.length > 0) visit(parts, chance.pick(up)).catch(onTrouble);
    timeline.after(restMs(), look);
  };
  timeline.after(restMs(), look);
};

const visit = async (parts: OperatorParts, node: Node): Promise<void> => {
  const parked = await node.ask((host) => host.list({ incident: true, limit: 100 }));
  await Promise.all(
    parked.map(async (view) => {
      const incident = view.incidents[0];
      if (incident && view.unreadable === undefined) await repair(parts, node, view, incident);
    }),
  );
};

const repair = async (
  { world, chance, isFinal }: OperatorParts,
  node: Node,
  view: OrderView,
  incident: Incident,
): Promise<void> => {
  // A message that makes its chart throw does so again: it is looked at once in a while, and stays.
  if (incident.reason === 'message-quarantined' && !chance.happens(0.1)) return;
  const canStillChange = !isFinal() || view.calls.some(({ actor }) => actor === 'payment');
  const truth = chance.happens(0.7)
    ? (findTruth(world, view, incident.reason) ??
      (canStillChange ? undefined : settleByHand(world, view, incident.reason)))
    : undefined;
  const message: Repair = truth ?? { type: 'incident.retry', note: 'looked at' };
  try {
    await node.ask((host: Host) =>
      host.send({ orderId: view.id, to: incident.actor, message, otherwise: 'refuse' }),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
};

const say = (outcome: string, more: { readonly transactionId?: string } = {}): Repair => ({
  type: 'incident.resolve',
  outcome,
  note: 'asked the bank',
  ...more,
});

const findTruth = ({ bank, notices }: World, view: OrderView, reason: string): Repair | undefined => {
  const [made] = bank.transactions(view.id);
  switch (reason) {
    case 'charge-unknown':
      return made?.state === 'captured' ? say('charged', { transactionId: made.id }) : undefined;
    case 'capture-unconfirmed':
      return made?.state === 'captured' ? say('captured') : undefined;
    case 'void-unconfirmed':
      return made && made.state !== 'authorized' ? say(made.state) : undefined;
    case 'refund-unconfirmed':
      return made && made.refunded > view.refundedAmount ? say('refunded') : undefined;
    case 'notice-unsent':
      return notices(view.id).size > 0 ? say('sent') : undefined;
    default:
      return undefined;
  }
};

/** A key that the bank has forgotten is never sent again: then a person does it at the bank, and says so. */
const settleByHand = ({ bank }: World, view: OrderView, reason: string): Repair | undefined => {
  const [made] = bank.transactions(view.id);
  if (reason === 'capture-unconfirmed') return say('not-captured');
  if (reason === 'refund-unconfirmed' && view.state === 'completed') return say('not-refunded');
  if (!made) return undefined;
  const { id: transactionId, amount, currency, refunded } = made;
  const by = { attempt: 1, transactionId };
  if (reason === 'void-unconfirmed') {
    bank.act({ type: 'gateway.void', key: `${view.id}/void/1`, ...by }, view.id);
    return say('voided');
  }
  if (reason !== 'refund-unconfirmed') return undefined;
  const rest = { amount: amount - refunded, currency };
  bank.act({ type: 'gateway.refund', key: `${view.id}/refund/rest`, ...by, ...rest }, view.id);
  return say('refunded');
};
