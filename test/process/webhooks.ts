// What the gateway's double tells unasked: each thing that it did, early or late, sometimes twice, and again
// until it was taken, one after the other: a service that comes up slowly must not be buried under what it
// missed. It remembers in memory alone, for a double is never killed.
import { setTimeout as pause } from 'node:timers/promises';
import { toShare } from './chance.ts';
import { reach } from './reach.ts';
import type { Trouble } from './trouble.ts';

/** Its id is the same however often it is told. */
interface Webhook {
  readonly id: string;
  readonly orderId: string;
  readonly message: { readonly key: string; readonly attempt: number };
}

const patienceMs = 10_000;
const pauseMs = 100;

export const createWebhooks = ({ seed, webhookRate, duplicateRate, lateMs }: Trouble) => {
  let subscriber: { readonly url: string; readonly since: number } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let pending = 0;

  const isTaken = async (webhook: Webhook): Promise<boolean> => {
    if (subscriber === undefined) return false;
    // Where whoever listened is gone, the next one says where it is.
    const reached = await reach(subscriber.url, patienceMs, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(webhook),
    });
    return reached?.status === 204;
  };
  /** One after the other. */
  const tell = (webhook: Webhook): Promise<unknown> => {
    const run = async () => {
      while (!(await isTaken(webhook))) await pause(pauseMs);
    };
    last = last.then(run);
    return last;
  };

  return {
    /** `since` is when the subscriber began: the word of one that is dead may come late. */
    subscribe: (url: string, since: number): void => {
      if (subscriber === undefined || subscriber.since < since) subscriber = { url, since };
    },
    /** Comes back at once. */
    announce: (webhook: Webhook): void => {
      const { id } = webhook;
      if (toShare(seed, 'webhook', id) >= webhookRate) return;
      pending += 1;
      const run = async () => {
        await pause(toShare(seed, 'late', id) * lateMs);
        await tell(webhook);
        if (toShare(seed, 'twice', id) < duplicateRate) await tell(webhook);
        pending -= 1;
      };
      void run();
    },
    figures: () => ({ pending }),
  };
};
