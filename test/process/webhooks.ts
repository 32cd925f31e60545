// The webhooks of the gateway's double: each operation is reported early or late, sometimes twice, and again until
// the service accepts it. One at a time: a service that has just started must not be flooded with the backlog.
// The backlog is in memory alone, because a double is never killed.
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom } from '../../src/simulator/random.ts';
import type { FaultRates } from './fault-rates.ts';
import { tryRequest } from './try-request.ts';

/** Its id is the same each time it is sent. */
interface Webhook {
  readonly id: string;
  readonly orderId: string;
  readonly message: { readonly key: string; readonly attempt: number };
}

interface Subscriber {
  readonly url: string;
  /** When its process started. */
  readonly since: number;
  /** Aborted as soon as there is a newer one. */
  readonly replaced: AbortController;
}

const timeoutMs = 10_000;
const retryMs = 100;

export const createWebhooks = ({ seed, webhookRate, duplicateRate, lateMs }: FaultRates) => {
  let subscriber: Subscriber | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let pending = 0;

  const isAccepted = async (webhook: Webhook): Promise<boolean> => {
    if (subscriber === undefined) return false;
    const { url, replaced } = subscriber;
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(webhook),
    };
    // A request to a process that was killed must not hold up those to the next one.
    const answer = await tryRequest(url, timeoutMs, request, replaced.signal);
    return answer?.status === 204;
  };
  const deliver = (webhook: Webhook): Promise<unknown> => {
    const run = async () => {
      while (!(await isAccepted(webhook))) await pause(retryMs);
    };
    last = last.then(run);
    return last;
  };

  return {
    /** `since`: when the subscriber's process started; the request of a dead one may come late. */
    subscribe: (url: string, since: number): void => {
      if (subscriber !== undefined && subscriber.since >= since) return;
      subscriber?.replaced.abort();
      subscriber = { url, since, replaced: new AbortController() };
    },
    /** Returns at once. */
    schedule: (webhook: Webhook): void => {
      const { id } = webhook;
      if (!createRandom(seed, 'webhook', id).happens(webhookRate)) return;
      pending += 1;
      const run = async () => {
        await pause(createRandom(seed, 'late', id).fraction() * lateMs);
        await deliver(webhook);
        if (createRandom(seed, 'twice', id).happens(duplicateRate)) await deliver(webhook);
        pending -= 1;
      };
      void run();
    },
    /** Webhooks that the service has not accepted yet. */
    pending: () => pending,
  };
};
