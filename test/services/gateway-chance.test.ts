// What goes wrong with the simulated gateway on purpose, and when (src/services/gateway-simulated.ts).
import { describe, expect, it } from 'vitest';
import type { Message } from '../../machines/messages.ts';
import { toCall } from '../contracts/service.ts';
import {
  authorize,
  cancel,
  capture,
  charge,
  lookUp,
  openGateway,
  refund,
  transactionId,
} from './simulated-gateway.ts';

describe('the seed', () => {
  const outcomes = async (seed: string, keys: readonly string[]) => {
    const { send } = await openGateway({ seed, declineRate: 0.3, errorRate: 0.3 });
    const replies = await Promise.all(keys.map((key) => send(charge({ key }))));
    return new Map(replies.map((reply, place) => [keys[place], reply.type]));
  };
  const keys = Array.from({ length: 400 }, (_, n) => `order-${n}/charge/1`);

  it('decides each charge by itself, in whatever order they come', async () => {
    const there = await outcomes('one', keys);
    const back = await outcomes('one', keys.toReversed());
    for (const key of keys) expect(back.get(key)).toBe(there.get(key));
  });

  it('makes other outcomes where it is another one', async () => {
    expect([...(await outcomes('two', keys)).values()]).not.toEqual([
      ...(await outcomes('one', keys)).values(),
    ]);
  });

  it('keeps to the rates', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `order-${n}/charge/1`);
    const types = [...(await outcomes('rates', many)).values()];
    const share = (type: Message['type']) => types.filter((other) => other === type).length / types.length;
    // Five standard deviations of 10 000 draws.
    expect(Math.abs(share('gateway.failed') - 0.3)).toBeLessThan(0.023);
    expect(Math.abs(share('gateway.declined') - 0.7 * 0.3)).toBeLessThan(0.023);
  });

  it('declines by key alone: no further attempt changes the bank’s mind', async () => {
    const { start } = await openGateway();
    const bank = await start({ declineRate: 0.5 });
    for (const key of keys.slice(0, 20)) {
      const { type } = await bank.send(charge({ key }));
      // On a fresh ledger, so that only the seed can remember.
      const { send } = await openGateway({ declineRate: 0.5 });
      expect((await send(charge({ key, attempt: 2 }))).type).toBe(type);
    }
  });
});

describe('a technical failure', () => {
  it('has no effect and leaves no line', async () => {
    const { send, lines } = await openGateway({ errorRate: 1 });
    expect(await send(charge())).toMatchObject({ type: 'gateway.failed', reason: 'technical-failure' });
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.absent' });
    expect(await lines()).toEqual([]);
  });

  it('is overcome by further attempts with the same key, which charge once', async () => {
    const { send, lines } = await openGateway({ errorRate: 0.7 });
    const types: string[] = [];
    for (let attempt = 1; attempt <= 40; attempt += 1) types.push((await send(charge({ attempt }))).type);
    expect(types[0]).toBe('gateway.failed');
    // Once the charge took effect, "it failed" would be untrue.
    expect(new Set(types.slice(types.indexOf('gateway.charged')))).toEqual(new Set(['gateway.charged']));
    expect(await lines()).toHaveLength(1);
  });

  it('happens to captures, voids and refunds too, and never to look-ups', async () => {
    const { send, start } = await openGateway();
    await send(authorize);
    const failing = await start({ errorRate: 1 });
    for (const command of [capture(), cancel(), refund()]) {
      expect(await failing.send(command)).toMatchObject({ type: 'gateway.failed' });
    }
    expect((await failing.send(lookUp())).type).toBe('gateway.authorized');
  });
});

describe('a refusal', () => {
  it('of a capture, a void or a refund is for good, and leaves no line', async () => {
    const { send, start, lines } = await openGateway();
    await send(authorize);
    const refusing = await start({ refuseRate: 1 });
    for (const command of [capture(), cancel(), refund(), capture({ attempt: 2 })]) {
      expect(await refusing.send(command)).toMatchObject({
        type: 'gateway.refused',
        code: 'refused-by-bank',
      });
    }
    expect(await refusing.send(charge({ key: 'order-1/charge/2' }))).toMatchObject({
      type: 'gateway.charged',
    });
    expect(await lines()).toHaveLength(2);
  });
});

describe('a lost answer', () => {
  it('can be that of a capture, which took effect', async () => {
    const { clock, send, start } = await openGateway();
    await send(authorize);
    const losing = await start({ timeoutRate: 1 });
    const reply = losing.send(capture());
    await clock.untilScheduled(2);
    await clock.advance(60_000);
    expect(await reply).toMatchObject({ type: 'gateway.unknown' });
    expect(await losing.send(lookUp())).toMatchObject({ type: 'gateway.charged' });
  });

  it('belongs to a charge that took effect, which a look-up finds', async () => {
    const { gateway, clock, send, lines } = await openGateway({ timeoutRate: 1 });
    const abort = new AbortController();
    const answer = gateway.answer({ ...toCall('gateway', charge()), signal: abort.signal });
    await clock.untilScheduled(1);
    await clock.advance(3_600_000);
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(await lines()).toHaveLength(1);
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.charged', transactionId });
  });

  it('is no answer at the call’s deadline', async () => {
    const { clock, send } = await openGateway({ timeoutRate: 1 });
    const reply = send(charge());
    await clock.untilScheduled(2);
    await clock.advance(60_000);
    expect(await reply).toMatchObject({ type: 'gateway.unknown', reason: 'no-answer' });
  });

  it('does not mean that a further attempt gets none', async () => {
    const { gateway, clock, lines } = await openGateway({ timeoutRate: 0.5 });
    const abort = new AbortController();
    const attempts = Array.from({ length: 20 }, (_, n) => n + 1).map((attempt) =>
      gateway.answer({ ...toCall('gateway', charge({ attempt })), signal: abort.signal }),
    );
    const settled = Promise.allSettled(attempts);
    expect(await Promise.any(attempts)).toMatchObject({ type: 'gateway.charged' });
    await clock.untilScheduled(1);
    abort.abort();
    const lost = (await settled).filter(({ status }) => status === 'rejected');
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(20);
    expect(await lines()).toHaveLength(1);
  });
});

describe('the delay', () => {
  it('lies between the effect and the answer', async () => {
    const { clock, send, lines } = await openGateway({ delayMs: 1000 });
    const reply = send(charge());
    await clock.untilScheduled(2);
    expect(await lines()).toHaveLength(1);
    await clock.advance(999);
    expect(clock.timers()).toBe(2);
    await clock.advance(1);
    expect(await reply).toMatchObject({ type: 'gateway.charged' });
  });

  it('cut short by an abort undoes nothing: the same key gives the first result', async () => {
    const { clock, gateway, start, lines } = await openGateway({ delayMs: 1000 });
    const abort = new AbortController();
    const answer = gateway.answer({ ...toCall('gateway', charge()), signal: abort.signal });
    await clock.untilScheduled(1);
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
    const prompt = await start({ delayMs: 0 });
    expect(await prompt.send(charge())).toMatchObject({ type: 'gateway.charged', transactionId });
    expect(await lines()).toHaveLength(1);
  });
});
