// What every service keeps to, whoever implements it: one suite, run on each. It never looks inside an
// implementation; each one tells what changed outside by itself (`effects`).
import { describe, expect, it } from 'vitest';
import type { AnyEventObject } from 'xstate';
import { type ActorName, isMessageType, messages, type ServiceName } from '../../machines/messages.ts';
import type { Clock } from '../../src/clock.ts';
import { type Command, callService, type OutsideService } from '../../src/service.ts';
import type { ShopService } from '../../src/shop/services.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Call } from '../../src/store.ts';
import { createFakeClock } from '../fake-clock.ts';

const actors: Readonly<Record<ServiceName, ActorName>> = {
  warehouse: 'inventory',
  gateway: 'payment',
  mailer: 'notification',
};

/** A call as a store hands it out, decided at 2026-01-01. */
export const toCall = <C extends Command>(
  service: ServiceName,
  command: C,
  rest: Partial<Omit<Call, 'command'>> = {},
): Call & { readonly command: C } => ({
  callId: `call-${command.key}-${command['attempt']}`,
  orderId: 'order-1',
  service,
  actor: actors[service],
  causationId: 'cause-1',
  correlationId: 'correlation-1',
  at: Date.UTC(2026, 0, 1),
  chartVersion: '1',
  keyFirstUsedAt: Date.UTC(2026, 0, 1),
  ...rest,
  command,
});

/** A service outside that answers in this way. */
export const createOutside = <S extends ServiceName>(
  name: S,
  answer: ShopService<S>['answer'],
  rest: Partial<ShopService<S>> = {},
): ShopService<S> => ({ name, place: 'outside', answer, ...rest });

/** What a host gives to a call, with a clock that a test moves and a signal that a test aborts. */
export const openHost = () => {
  const clock = createFakeClock();
  const closing = new AbortController();
  return {
    clock,
    closing,
    options: { clock, timeoutMs: 10_000, makeWithinMs: 20_000, signal: closing.signal },
  };
};

interface UnderTest {
  readonly name: ServiceName;
  /** Calls that succeed when they are made in this order. */
  readonly calls: readonly ReturnType<typeof toCall>[];
  ask(call: Call): Promise<AnyEventObject>;
  /** How often the world was changed so far. */
  effects(): Promise<number>;
  /** For a service outside: one that answers at once, and one whose answer is on its way for ever. */
  readonly outside?: { readonly prompt: OutsideService; readonly stuck: OutsideService };
}

/** Asks a service outside as the host does. */
export const askOutside =
  (service: OutsideService, clock: Clock = createFakeClock()): UnderTest['ask'] =>
  async (call) => {
    const signal = new AbortController().signal;
    const options = { clock, timeoutMs: 60_000, makeWithinMs: Number.POSITIVE_INFINITY, signal };
    const reply = await callService(shop, service, call, options);
    if (!reply) throw new Error('the call was abandoned');
    return reply;
  };

export const describeService = (title: string, open: () => Promise<UnderTest>): void => {
  describe(`${title} keeps the contract of services`, () => {
    it('answers every command with one reply that it may send and that is no failure', async () => {
      const { name, calls, ask } = await open();
      for (const call of calls) {
        const { type } = await ask(call);
        expect(isMessageType(type) ? messages[type].from : []).toContain(name);
        expect(type).not.toMatch(/\.(failed|unknown|refused)$/);
      }
    });

    it('echoes the key and the attempt of the command', async () => {
      const { calls, ask } = await open();
      for (const call of calls) {
        const { key, attempt } = call.command;
        expect(await ask(call)).toMatchObject({ key, attempt });
      }
    });

    it('gives the same reply to the same key again and changes nothing more', async () => {
      const { calls, ask, effects } = await open();
      for (const call of calls) {
        const first = await ask(call);
        const before = await effects();
        expect(await ask(call)).toEqual(first);
        const again = { ...call, command: { ...call.command, attempt: 7 } };
        expect(await ask(again)).toEqual({ ...first, attempt: 7 });
        expect(await effects()).toBe(before);
      }
    });

    it('acts once when the same key is asked several times at once', async () => {
      const { calls, ask, effects } = await open();
      for (const call of calls) {
        const before = await effects();
        const [first, ...others] = await Promise.all([ask(call), ask(call), ask(call)]);
        for (const other of others) expect(other).toEqual(first);
        expect((await effects()) - before).toBeLessThanOrEqual(1);
      }
    });

    it('does nothing for a call that is aborted before it reaches the service', async () => {
      const { calls, outside, effects } = await open();
      for (const call of outside ? calls : []) {
        await expect(outside?.prompt.answer({ ...call, signal: AbortSignal.abort() })).rejects.toThrow();
      }
      expect(await effects()).toBe(0);
    });

    it('stops waiting for an answer when the call is aborted', async () => {
      const { calls, outside } = await open();
      for (const call of outside ? calls : []) {
        const abort = new AbortController();
        const answer = outside?.stuck.answer({ ...call, signal: abort.signal });
        abort.abort();
        await expect(answer).rejects.toThrow();
      }
    });
  });
};
