// How a call ends that is not answered: the host closes, or its key is too old (src/service.ts); and how an
// adapter takes its time without being in the way of that.
import { describe, expect, it, vi } from 'vitest';
import { limits } from '../src/limits.ts';
import { callService, pause } from '../src/service.ts';
import type { CommandTo } from '../src/shop/services.ts';
import { shop } from '../src/shop/shop.ts';
import { createOutside, openHost, toCall } from './contracts/service.ts';
import { createFakeClock } from './fake-clock.ts';
import { charge as toCharge, lookUp as toLookUp } from './services/simulated-gateway.ts';

const charge = toCharge();
const lookUp = toLookUp();
const charged = { type: 'gateway.charged', transactionId: 'txn_1', amount: 17500, currency: 'USD' } as const;

const send: CommandTo<'mailer'> = {
  type: 'mailer.send',
  key: 'm',
  attempt: 1,
  notice: 'failure',
  recipient: 'ada@example.com',
  orderId: 'order-1',
  amount: 17500,
  currency: 'USD',
  items: [{ productId: 'p', name: 'Widget', quantity: 2, unitPrice: 5000, lineTotal: 10_000 }],
  reason: { kind: 'rejected', text: 'internal' },
};

describe('a host that closes', () => {
  it('does not begin a call any more', async () => {
    const { closing, options } = openHost();
    const answer = vi.fn(async () => charged);
    closing.abort();
    expect(
      await callService(shop, createOutside('gateway', answer), toCall('gateway', charge), options),
    ).toBeUndefined();
    expect(answer).not.toHaveBeenCalled();
  });

  it('abandons a call under way without a reply, and tells the adapter', async () => {
    const { clock, closing, options } = openHost();
    let signal: AbortSignal | undefined;
    const service = createOutside('gateway', (call) => {
      signal = call.signal;
      return pause(clock, 5000, call.signal).then(() => charged);
    });
    const reply = callService(shop, service, toCall('gateway', charge), options);
    await clock.advance(1000);
    closing.abort();
    expect(await reply).toBeUndefined();
    expect(signal?.aborted).toBe(true);
    await clock.advance(0);
    expect(clock.timers()).toBe(0);
  });

  it('changes nothing about a reply that was there before', async () => {
    const { closing, options } = openHost();
    const reply = callService(
      shop,
      createOutside('gateway', async () => charged),
      toCall('gateway', charge),
      options,
    );
    await expect(reply).resolves.toMatchObject(charged);
    closing.abort();
    expect(await reply).toMatchObject(charged);
  });
});

describe('a key that the service may have forgotten', () => {
  const keyLifetimeMs = 86_400_000;
  const askAt = async (age: number, command: CommandTo<'gateway'>, lifetime?: number) => {
    const { clock, options } = openHost();
    const answer = vi.fn(async () => charged);
    const rest = lifetime === undefined ? {} : { keyLifetimeMs: lifetime };
    const call = toCall('gateway', command, { keyFirstUsedAt: clock.now() - age });
    const reply = await callService(shop, createOutside('gateway', answer, rest), call, options);
    return { reply, calls: answer.mock.calls.length };
  };

  it('is not sent again: the outcome is unknown', async () => {
    const { reply, calls } = await askAt(keyLifetimeMs - limits.keyMarginMs + 1, charge, keyLifetimeMs);
    expect(reply).toEqual({
      type: 'gateway.unknown',
      key: charge.key,
      attempt: 1,
      reason: 'key-expired',
    });
    expect(calls).toBe(0);
  });
  it('is still sent at the very limit', async () => {
    const { calls } = await askAt(keyLifetimeMs - limits.keyMarginMs, charge, keyLifetimeMs);
    expect(calls).toBe(1);
  });
  it('is looked up at any age', async () => {
    const { calls } = await askAt(10 * keyLifetimeMs, lookUp, keyLifetimeMs);
    expect(calls).toBe(1);
  });
  it('does not exist where the service forgets none', async () => {
    const { calls } = await askAt(10 * keyLifetimeMs, charge);
    expect(calls).toBe(1);
  });
  it('is a failure of its own for a service other than the gateway', async () => {
    const { clock, options } = openHost();
    const service = createOutside('mailer', async () => ({ type: 'mailer.sent' }), { keyLifetimeMs });
    const call = toCall('mailer', send, { keyFirstUsedAt: clock.now() - keyLifetimeMs });
    expect(await callService(shop, service, call, options)).toMatchObject({
      type: 'mailer.failed',
      reason: 'key-expired',
    });
  });
});

describe('a call that was decided long ago', () => {
  const askAfter = async (service: 'gateway' | 'mailer', ms: number) => {
    const { clock, options } = openHost();
    const answer = vi.fn(async () => (service === 'gateway' ? charged : ({ type: 'mailer.sent' } as const)));
    const call = toCall(service, service === 'gateway' ? charge : send, { at: clock.now() - ms });
    const reply = await callService(shop, createOutside(service, answer), call, options);
    return { reply, calls: answer.mock.calls.length };
  };

  it('is still made at the very limit', async () => {
    expect(await askAfter('gateway', 20_000)).toMatchObject({ reply: charged, calls: 1 });
  });
  it('is not made after it: whether an earlier try had an effect is unknown', async () => {
    const { reply, calls } = await askAfter('gateway', 20_001);
    expect(reply).toMatchObject({ type: 'gateway.unknown', key: charge.key, reason: 'no-answer' });
    expect(calls).toBe(0);
  });
  it('failed, where failing is all that its service knows', async () => {
    const { reply, calls } = await askAfter('mailer', 20_001);
    expect(reply).toMatchObject({ type: 'mailer.failed', reason: 'no-answer' });
    expect(calls).toBe(0);
  });
});

describe('a pause', () => {
  it('ends when its time has passed, and not before', async () => {
    const clock = createFakeClock();
    const ended = vi.fn();
    const paused = pause(clock, 500, new AbortController().signal).then(ended);
    await clock.advance(499);
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);
    await paused;
  });
  it('of no time schedules nothing', async () => {
    const clock = createFakeClock();
    await pause(clock, 0, new AbortController().signal);
    expect(clock.timers()).toBe(0);
  });
  it('rejects when it is aborted, before or meanwhile, and leaves no timer behind', async () => {
    const clock = createFakeClock();
    const abort = new AbortController();
    const paused = pause(clock, 500, abort.signal);
    abort.abort();
    await expect(paused).rejects.toThrow('aborted');
    await expect(pause(clock, 500, abort.signal)).rejects.toThrow('aborted');
    expect(clock.timers()).toBe(0);
  });
});
