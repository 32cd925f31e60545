// How a call is made and what becomes of its trouble (src/service.ts).
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { isMessageType, type MessageType, messages, type ServiceName } from '../machines/messages.ts';
import { BatchRows } from '../src/batch-rows.ts';
import {
  answerInside,
  callService,
  type InsideService,
  NotDone,
  type OutsideService,
} from '../src/service.ts';
import type { CommandTo, ReplyFrom } from '../src/shop/services.ts';
import { shop } from '../src/shop/shop.ts';
import { createOutside, openHost, toCall } from './contracts/service.ts';
import { charge as toCharge, lookUp as toLookUp } from './services/simulated-gateway.ts';

const charge = toCharge({ attempt: 2 });
const lookUp = toLookUp();
const release: CommandTo<'warehouse'> = { type: 'warehouse.release', key: 'w', attempt: 1 };
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
const charged = { type: 'gateway.charged', transactionId: 'txn_1', amount: 17500, currency: 'USD' } as const;
const noAnswer = { type: 'gateway.unknown', key: charge.key, attempt: 2, reason: 'no-answer' };

/** An adapter that breaks its word: what it returns is not what its type says. */
const lying = (name: ServiceName, answer: unknown): OutsideService => {
  const service = { name, place: 'outside' as const, answer: () => Promise.reject() };
  Object.assign(service, { answer: async () => answer });
  return service;
};

const never = <T>(): Promise<T> => Promise.withResolvers<T>().promise;

describe('a call to an outside service', () => {
  it('hands over the command, the order and the time of the decision', async () => {
    const answer = vi.fn(async () => charged);
    const { clock, options } = openHost();
    const at = clock.now() - 42;
    const call = toCall('gateway', charge, { at, orderId: 'order-7' });
    await callService(shop, createOutside('gateway', answer), call, options);
    expect(answer).toHaveBeenCalledExactlyOnceWith({
      orderId: 'order-7',
      keyFirstUsedAt: call.keyFirstUsedAt,
      correlationId: 'correlation-1',
      command: charge,
      at,
      deadline: clock.now() + options.timeoutMs,
      signal: expect.any(AbortSignal),
    });
  });

  it('that certainly had no effect ends with the reply for that', async () => {
    const answer = () => Promise.reject(new NotDone('not-connected'));
    const service = createOutside('gateway', answer);
    const reply = await callService(shop, service, toCall('gateway', charge), openHost().options);
    expect(reply).toEqual({ type: 'gateway.failed', reason: 'not-connected', key: charge.key, attempt: 2 });
  });

  it('that certainly had no effect ends as any error where nothing is declared for it', async () => {
    const { notDone: _, ...gateway } = shop.services['gateway'] ?? { noAnswer: () => ({ type: '' }) };
    const rules = { ...shop, services: { gateway } };
    const service = createOutside('gateway', () => Promise.reject(new NotDone('not-connected')));
    const reply = await callService(rules, service, toCall('gateway', charge), openHost().options);
    expect(reply).toEqual(noAnswer);
  });

  it('ends with the reply, which carries the key and the attempt of the command', async () => {
    const service = createOutside('gateway', async () => charged);
    const reply = await callService(shop, service, toCall('gateway', charge), openHost().options);
    expect(reply).toEqual({ ...charged, key: charge.key, attempt: 2 });
  });

  it('keeps its own key and attempt whatever the adapter says they are', async () => {
    const service = lying('gateway', { ...charged, key: 'another', attempt: 99 });
    const reply = await callService(shop, service, toCall('gateway', charge), openHost().options);
    expect(reply).toEqual({ ...charged, key: charge.key, attempt: 2 });
  });

  it('ends with a reply that is frozen through and through, and is not the adapter’s own object', async () => {
    const problems = [{ productId: 'p', kind: 'unknown-product' }];
    const check: CommandTo<'warehouse'> = {
      type: 'warehouse.check',
      key: 'w',
      attempt: 1,
      lines: [{ productId: 'p', quantity: 1, unitPrice: 1, currency: 'USD' }],
    };
    const service = lying('warehouse', { type: 'warehouse.checked', problems });
    const reply = await callService(shop, service, toCall('warehouse', check), openHost().options);
    expect(reply).toEqual({ type: 'warehouse.checked', key: 'w', attempt: 1, problems });
    expect(Object.isFrozen(reply)).toBe(true);
    expect(Object.isFrozen(reply?.['problems']) && Object.isFrozen(reply?.['problems'][0])).toBe(true);
    expect(Object.isFrozen(problems)).toBe(false);
  });

  it('leaves no timer and no listener behind', async () => {
    const { clock, closing, options } = openHost();
    await callService(
      shop,
      createOutside('gateway', async () => charged),
      toCall('gateway', charge),
      options,
    );
    expect(clock.timers()).toBe(0);
    expect(getEventListeners(closing.signal, 'abort')).toHaveLength(0);
  });
});

describe('trouble with a service', () => {
  const boom = async () => {
    throw new Error('card 4242 of ada@example.com');
  };
  const bang = () => {
    throw new Error('card 4242 of ada@example.com');
  };

  it.each([
    ['gateway', charge, { type: 'gateway.unknown', reason: 'no-answer' }],
    ['gateway', lookUp, { type: 'gateway.unknown', reason: 'no-answer' }],
    ['warehouse', release, { type: 'warehouse.failed', reason: 'error' }],
    ['mailer', send, { type: 'mailer.failed', reason: 'error' }],
  ] as const)(
    'of the %s, thrown, becomes a reply without the exception’s text',
    async (name, command, reply) => {
      for (const answer of [boom, bang]) {
        const call = toCall(name, command);
        const { key, attempt } = command;
        expect(
          await callService(shop, createOutside<ServiceName>(name, answer), call, openHost().options),
        ).toEqual({
          ...reply,
          key,
          attempt,
        });
      }
    },
  );

  it.each([
    ['gateway', charge, { type: 'gateway.unknown', reason: 'no-answer' }],
    ['warehouse', release, { type: 'warehouse.failed', reason: 'no-answer' }],
    ['mailer', send, { type: 'mailer.failed', reason: 'no-answer' }],
  ] as const)('of the %s, silent until the deadline, becomes no-answer', async (name, command, reply) => {
    const { clock, options } = openHost();
    let signal: AbortSignal | undefined;
    const service = createOutside<ServiceName>(name, (call) => {
      signal = call.signal;
      return never();
    });
    const ended = vi.fn();
    const answer = callService(shop, service, toCall(name, command), options).finally(ended);
    await clock.advance(9999);
    expect(ended).not.toHaveBeenCalled();
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(await answer).toMatchObject(reply);
    expect(signal?.aborted).toBe(true);
  });

  it.each([
    ['an unknown type', { ...charged, type: 'gateway.paid' }],
    ['a field too many', { ...charged, card: '4242' }],
    ['a field too few', { type: 'gateway.charged' }],
    ['an amount that is no integer', { ...charged, amount: 1.5 }],
    ['an amount that is not a number', { ...charged, amount: Number.NaN }],
    ['another service’s reply', { type: 'mailer.sent' }],
    ['a command', { type: 'gateway.look-up' }],
    ['nothing', undefined],
    ['null', null],
    ['a text', 'gateway.charged'],
    ['a list', [charged]],
    ['what JSON cannot carry', { ...charged, amount: 1n }],
    [
      'an answer that throws when it is read',
      Object.defineProperty({}, 'type', { get: () => bang(), enumerable: true }),
    ],
  ])('that answers %s is recorded as malformed', async (_what, answer) => {
    const { options } = openHost();
    expect(await callService(shop, lying('gateway', answer), toCall('gateway', charge), options)).toEqual(
      noAnswer,
    );
    expect(
      await callService(shop, lying('warehouse', answer), toCall('warehouse', release), options),
    ).toEqual({
      type: 'warehouse.failed',
      key: 'w',
      attempt: 1,
      reason: 'malformed-answer',
    });
  });

  it('never rejects and never yields what messages.ts does not allow, whatever an adapter returns', async () => {
    const { options } = openHost();
    const type = fc.constantFrom<MessageType>('gateway.charged', 'gateway.refused', 'gateway.absent');
    const answers = fc.oneof(
      fc.anything(),
      fc.record({ type, code: fc.anything() }, { requiredKeys: ['type'] }),
    );
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const reply = await callService(shop, lying('gateway', answer), toCall('gateway', charge), options);
        if (!reply) throw new Error('no reply');
        const { type, ...payload } = reply;
        if (!isMessageType(type)) throw new Error(`${type} is not declared`);
        expect(messages[type].from).toContain('gateway');
        expect(messages[type].payload.safeParse(payload).success).toBe(true);
      }),
    );
  });

  it('does nothing when the answer or the error comes after the deadline', async () => {
    for (const late of [
      (answer: PromiseWithResolvers<typeof charged>) => answer.resolve(charged),
      (answer: PromiseWithResolvers<typeof charged>) => answer.reject(new Error('late')),
    ]) {
      const { clock, options } = openHost();
      const answer = Promise.withResolvers<typeof charged>();
      const reply = callService(
        shop,
        createOutside('gateway', () => answer.promise),
        toCall('gateway', charge),
        options,
      );
      await clock.advance(10_000);
      late(answer);
      await clock.advance(1);
      expect(await reply).toEqual(noAnswer);
    }
  });
});

describe('a command that is none', () => {
  it.each([
    ['for another service', { ...release }, 1],
    ['with a field too many', { ...charge, card: '4242' }, 2],
    ['without an attempt', { type: 'gateway.look-up', key: 'k' }, 1],
    ['of an unknown type', { type: 'gateway.steal', key: 'k', attempt: 4 }, 4],
  ])('%s is not sent', async (_what, command, attempt) => {
    const answer = vi.fn(async () => charged);
    const call = { ...toCall('gateway', charge), command };
    expect(await callService(shop, createOutside('gateway', answer), call, openHost().options)).toEqual({
      type: 'gateway.unknown',
      key: command.key,
      attempt,
      reason: 'no-answer',
    });
    expect(answer).not.toHaveBeenCalled();
  });
});

describe('a call to a service in the store', () => {
  type Warehouse = InsideService<CommandTo<'warehouse'>, ReplyFrom<'warehouse'>>;
  const rows = new BatchRows().forOrder();
  const inside = (answer: Warehouse['answer']): Warehouse => ({ name: 'warehouse', place: 'inside', answer });

  it('ends with a frozen reply that carries the key and the attempt of the command', () => {
    const service = inside(() => ({ type: 'warehouse.released' }));
    const reply = answerInside(shop.messages, service, toCall('warehouse', release), rows);
    expect(reply).toEqual({ type: 'warehouse.released', key: 'w', attempt: 1 });
    expect(Object.isFrozen(reply)).toBe(true);
  });
  it('hands over the rows of the decision', () => {
    const answer = vi.fn(() => ({ type: 'warehouse.released' }) as const);
    answerInside(shop.messages, inside(answer), toCall('warehouse', release), rows);
    expect(answer).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ command: release }), rows);
  });
  it('lets an exception through, so that the decision drops the order', () => {
    const service = inside((_call, given) => {
      given.get('products/unknown');
      return { type: 'warehouse.committed' };
    });
    const ask = () => answerInside(shop.messages, service, toCall('warehouse', release), rows);
    expect(ask).toThrow('the row products/unknown is not loaded');
  });
  it('throws for a malformed answer and for a command that is none', () => {
    const service = inside(() => ({ type: 'warehouse.refused', reason: '' }));
    for (const command of [release, charge]) {
      const ask = () => answerInside(shop.messages, service, toCall('warehouse', command), rows);
      expect(ask).toThrow(TypeError);
    }
  });
});
