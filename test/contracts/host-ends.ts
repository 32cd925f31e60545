// The contract of health and of the end: a host that closes says so, takes nothing new, and finishes what it has.
import { expect, it } from 'vitest';
import { never, widgets } from '../hosts/harness.ts';
import { cancel, type OpenHost, place } from './host-samples.ts';

export const describeEnds = (open: OpenHost): void => {
  it('a host is ready until it closes, and then says why it is not', async () => {
    await using opened = await open();
    const { host } = opened;
    expect(await host.health()).toEqual({ ready: true, reason: null, unreadable: 0 });
    await host.close();
    expect(await host.health()).toEqual({ ready: false, reason: 'the service is closing' });
  });

  it('a host that closes takes no order, no move and no fact, and can be read', async () => {
    await using opened = await open({ gateway: never, settings: { DRAIN_MS: 0 } });
    const { host } = opened;
    const view = await place(host);
    const closing = host.close();
    await expect(place(host)).rejects.toMatchObject({ code: 'closing' });
    await expect(cancel(host, view.id)).rejects.toMatchObject({ code: 'closing' });
    const fact = host.send({
      orderId: view.id,
      to: 'payment',
      message: { type: 'gateway.voided', key: 'other', attempt: 1 },
      otherwise: 'record',
    });
    await expect(fact).rejects.toMatchObject({ code: 'closing' });
    await opened.clock.advance(0);
    await closing;
    expect(await host.get(view.id)).toEqual(view);
    expect(await host.list({ limit: 10 })).toHaveLength(1);
  });

  it('what was taken in before the close is committed and answered', async () => {
    await using opened = await open();
    const { host } = opened;
    const placing = Array.from({ length: 10 }, () => place(host, widgets(1)));
    await host.close();
    const ids = (await Promise.all(placing)).map(({ id }) => id);
    expect((await host.list({ limit: 100 })).map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it('calls under way are finished by the close, and their replies are recorded', async () => {
    const bank = Promise.withResolvers<void>();
    await using opened = await open({
      gateway: async ({ command }) => {
        await bank.promise;
        if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
        const { amount, currency } = command;
        return { type: 'gateway.charged', transactionId: 'txn', amount, currency };
      },
    });
    const { host } = opened;
    const { id } = await place(host);
    const closing = host.close();
    bank.resolve();
    await closing;
    expect(await host.get(id)).toMatchObject({ paidAmount: 17_500 });
  });

  it('who waits for an order is answered by the close with the order as it is', async () => {
    await using opened = await open({ gateway: never, settings: { DRAIN_MS: 0 } });
    const { host } = opened;
    const view = await place(host);
    const waiting = host.waitUntilSettled(view.id, 60_000);
    const closing = host.close();
    expect(await waiting).toEqual(view);
    await opened.clock.advance(0);
    await closing;
  });

  it('a host can be closed twice', async () => {
    await using opened = await open();
    await opened.host.close();
    await opened.host.close();
  });
};
