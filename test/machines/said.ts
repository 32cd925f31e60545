// Every word that was said in many stories: from whom to whom, with one real example of each. It exists so
// that what is declared can be held against what is really said and taken.
import type { AnyEventObject } from 'xstate';
import { place, type Story } from './story.ts';
import { wander } from './wandering.ts';

const journeys = 150;

/** Stories that say the words which wanderers seldom do. */
const more: readonly (() => Story)[] = [
  () => {
    const story = place({ 'gateway.refund': ['silent'] });
    story.refund(500);
    story.passDeadline('refundDeadline');
    story.resolve('order', 'refused');
    story.refund(700);
    return story;
  },
  () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['unknown'] });
    story.untilQuiet();
    story.resolve('payment', 'charged', { transactionId: 'transaction-7' });
    return story;
  },
  () => place({ 'warehouse.reserve': ['insufficient'] }),
  () => place({}, { policy: { capture: 'later' } }),
];

export interface Said {
  /** `payment → order: payment.failed`; senders outside the system are all called `outside`. */
  readonly lines: ReadonlySet<string>;
  /** An example of each message, with its type. */
  readonly examples: ReadonlyMap<string, AnyEventObject>;
}

export const collectSaid = (): Said => {
  const lines = new Set<string>();
  const examples = new Map<string, AnyEventObject>();
  const hear = (from: string, to: string, message: AnyEventObject) => {
    lines.add(`${from} → ${to}: ${message.type}`);
    const known = examples.get(message.type);
    // The fullest example tells most.
    if (known === undefined || Object.keys(message).length > Object.keys(known).length) {
      examples.set(message.type, message);
    }
  };
  const listen = (story: Story) => {
    for (const { from, to, message } of story.told) hear(from, to, message);
    for (const { actor, ...event } of story.events) {
      // An incident names its actor itself.
      hear(actor, 'journal', event.type.startsWith('incident.') ? { ...event, actor } : event);
    }
    for (const { to, type, data, disposition } of story.received) {
      if (disposition === 'applied') hear('outside', to, { type, ...data });
    }
  };
  for (let seed = 1; seed <= journeys; seed += 1) listen(wander(seed));
  for (const tell of more) listen(tell());
  return { lines, examples };
};
