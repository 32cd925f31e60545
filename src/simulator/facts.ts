// What the bank tells unasked, until somebody has taken it in: early or late, once or several times, at
// whatever node is up. It tells only what happened.
import type { Message } from '../../machines/messages.ts';
import { AppError } from '../errors.ts';
import type { Node } from './node.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';
import type { Fact } from './world.ts';

export interface Facts {
  tell(fact: Fact): void;
  /** Facts that nobody has taken in yet, and repetitions still to come. */
  readonly pending: number;
  /** Whether the bank has something to tell an order that it may not know yet. */
  isPending(orderId: string): boolean;
}

const latestMs = 60_000;
const patienceMs = 4000;

export const createFacts = (
  timeline: Timeline,
  chance: SeededRandom,
  watch: Watch,
  nodes: () => readonly Node[],
): Facts => {
  const pending: Fact[] = [];

  const deliver = (fact: Fact, repetitions: number): void => {
    const node = nodes().find(({ isUp }) => isUp);
    const again = (delayMs: number, left: number) => {
      timeline.after(delayMs, () => deliver(fact, left));
    };
    if (!node) {
      again(chance.between(1000, latestMs), repetitions);
      return;
    }
    let isAnswered = false;
    const done = () => {
      isAnswered = true;
      if (repetitions > 0) again(chance.between(1, latestMs), repetitions - 1);
      else pending.splice(pending.indexOf(fact), 1);
    };
    const { entry } = fact;
    const delivery = {
      orderId: entry.orderId,
      to: 'payment',
      message: toMessage(fact),
      messageId: `fact-${entry.line}`,
      otherwise: 'record',
    } as const;
    node
      .ask((host) => host.send(delivery), 'fact.answered')
      .then(
        (outcome) => {
          if (isAnswered) return;
          const isRepeated = outcome.outcome === 'done' && outcome.result.disposition === 'duplicate';
          if (isRepeated && watch.order(entry.orderId)?.isSettled) watch.saw('fact-after-the-end');
          done();
        },
        (error: unknown) => {
          if (isAnswered) return;
          isAnswered = true;
          if (error instanceof AppError && error.code === 'order-not-found')
            watch.violate(`${entry.orderId} is gone`);
          again(1000, repetitions);
        },
      );
    timeline.after(patienceMs, () => {
      if (isAnswered) return;
      isAnswered = true;
      again(0, repetitions);
    });
  };

  return {
    tell: (fact) => {
      pending.push(fact);
      const delayMs = fact.isQuick ? chance.delay(10) : chance.between(1, latestMs);
      timeline.after(delayMs, () => deliver(fact, chance.pick([0, 0, 1, 2])));
    },
    get pending() {
      return pending.length;
    },
    isPending: (orderId) => pending.some(({ entry }) => entry.orderId === orderId),
  };
};

const toMessage = ({ entry }: Fact): Message => {
  const { key, amount, currency, transactionId, result } = entry;
  const type = result === 'charged' ? 'gateway.charged' : 'gateway.authorized';
  return { type, key, attempt: 1, transactionId: String(transactionId), amount, currency };
};
