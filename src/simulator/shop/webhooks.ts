// The bank's webhooks: what it reports by itself of money that it took or set aside, and of disputes, early or late, once
// or several times, at whatever node is up, until it is accepted. It reports only what happened.
import type { Message } from '../../../machines/messages.ts';
import { AppError } from '../../errors.ts';
import type { Monitor } from '../monitor.ts';
import type { SeededRandom } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { ShopNode } from './customers.ts';
import { webhookPrefix } from './order-monitor.ts';

export interface Webhook {
  readonly orderId: string;
  /** Its own: it is repeated with it. */
  readonly name: string;
  readonly message: Message;
  /** It may arrive before the answer to the call. */
  readonly isQuick: boolean;
}

export interface Webhooks {
  send(webhook: Webhook): void;
  /** Webhooks that nobody has accepted yet, or that will be repeated. */
  readonly pending: number;
  /** Whether a webhook for this order is pending. */
  isPending(orderId: string): boolean;
}

const latestMs = 60_000;
const patienceMs = 4000;

export const createWebhooks = (
  timeline: Timeline,
  random: SeededRandom,
  monitor: Monitor,
  nodes: readonly ShopNode[],
): Webhooks => {
  const pending: Webhook[] = [];

  const deliver = (webhook: Webhook, repetitions: number): void => {
    const node = nodes.find(({ isUp }) => isUp);
    const again = (delayMs: number, left: number) => {
      timeline.after(delayMs, () => deliver(webhook, left));
    };
    if (!node) {
      again(random.between(1000, latestMs), repetitions);
      return;
    }
    const { orderId } = webhook;
    let isOver = false;
    /** Only the first end counts: an answer, an error, or none in time. */
    const end = (next: () => void) => {
      if (isOver) return;
      isOver = true;
      next();
    };
    const accept = (isDuplicate: boolean) => {
      if (isDuplicate && monitor.order(orderId)?.isSettled) monitor.saw('webhook-after-settled');
      if (repetitions > 0) again(random.between(1, latestMs), repetitions - 1);
      else pending.splice(pending.indexOf(webhook), 1);
    };
    node
      .ask((host) => host.send(toSending(webhook)), 'fact.answered')
      .then(
        (outcome) =>
          end(() => accept(outcome.outcome === 'done' && outcome.result.disposition === 'duplicate')),
        (error: unknown) =>
          end(() => {
            const isGone = error instanceof AppError && error.code === 'order-not-found';
            if (isGone) monitor.violate(`${orderId} is gone`);
            again(1000, repetitions);
          }),
      );
    timeline.after(patienceMs, () => end(() => again(0, repetitions)));
  };

  return {
    send: (webhook) => {
      pending.push(webhook);
      const delayMs = webhook.isQuick ? random.delay(10) : random.between(1, latestMs);
      timeline.after(delayMs, () => deliver(webhook, random.pick([0, 0, 1, 2])));
    },
    get pending() {
      return pending.length;
    },
    isPending: (orderId) => pending.some((webhook) => webhook.orderId === orderId),
  };
};

const toSending = ({ orderId, name, message }: Webhook) =>
  ({ orderId, to: 'payment', message, messageId: `${webhookPrefix}${name}`, otherwise: 'record' }) as const;
