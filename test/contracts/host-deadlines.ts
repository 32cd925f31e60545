// The contract of deadlines: one fires when it is due, and not with another one of its order that is due before.
import { expect, it } from 'vitest';
import type { ShopHost } from '../../src/shop/placement.ts';
import { type OpenHost, place } from './host-samples.ts';

const deadlinesOf = async (host: ShopHost, id: string, isOfPayment: boolean) =>
  (await host.get(id))?.deadlines.filter(({ actor }) => (actor === 'payment') === isOfPayment) ?? [];

/** A commit takes as long as its disk does. */
const waiting = { timeout: 30_000, interval: 1 };

export const describeDeadlines = (open: OpenHost): void => {
  it('a deadline that is due fires alone: those of its order that are due later neither fire nor move', async () => {
    await using opened = await open({
      settings: { PAY_WITHIN_MS: 30_000, RETRY_FIRST_DELAY_MS: 1000 },
      gateway: () => ({ type: 'gateway.failed', reason: 'technical-failure' }),
    });
    const { host, clock } = opened;
    const { id } = await place(host);
    const others = await deadlinesOf(host, id, false);
    expect(others.map(({ name }) => name)).toEqual(['payDeadline', 'reservationExpiry']);
    const findRetry = async () =>
      (await deadlinesOf(host, id, true)).find(({ name }) => name === 'backOff')?.dueAt;
    await expect.poll(findRetry, waiting).toBeDefined();
    await clock.advance(((await findRetry()) ?? 0) - clock.now());
    const findFired = async () => {
      // The host may hear of the commit only after it can be read.
      await clock.advance(0);
      const messages = await host.received(id, 0, 100);
      return messages.flatMap(({ kind, to, type }) => (kind === 'deadline' ? [`${to} ${type}`] : []));
    };
    await expect.poll(findFired, waiting).not.toEqual([]);
    expect(await findFired()).toEqual(['payment xstate.after.backOff.payment.charging.backingOff']);
    expect(await deadlinesOf(host, id, false)).toEqual(others);
  });
};
