// Orders of the real system, message by message: what arrives, and what the services reply. It has no
// expectations; tests use it to say what happened in the terms of the shop.
import type { AnyEventObject } from 'xstate';
import { isMessageType, messages } from '../../machines/messages.ts';
import { toChartSystem } from '../../src/application.ts';
import { readSettings } from '../../src/config.ts';
import { limits } from '../../src/limits.ts';
import { toPolicy } from '../../src/shop/placement.ts';
import { shop } from '../../src/shop/shop.ts';
import { type RegisteredSystem, registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';

export const orderSystem = toChartSystem(shop);
export const orders = registerSystem(orderSystem, limits);
/** 2026-01-01T00:00:00.000Z */
export const newYear = 1_767_225_600_000;
export const orderId = 'order-1';

export const placing = {
  type: 'order.place',
  orderId,
  customerId: 'customer-1',
  email: 'ada@example.com',
  amount: 17_500,
  currency: 'USD',
  items: [
    { productId: 'lamp', name: 'Lamp', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
    { productId: 'desk', name: 'Desk', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
  ],
  policy: toPolicy(readSettings({})),
};

type Facts = Readonly<Record<string, unknown>>;

/** One order (or another system) between its messages. Every message of ours is checked against its schema. */
export const createStory = (system: RegisteredSystem = orders) => {
  let state: SystemState = newSystem(system, newYear, 'correlation-1');
  let now = newYear;
  const incoming: Incoming[] = [];
  const results: StepResult[] = [];

  const take = (next: Incoming): StepResult | undefined => {
    incoming.push(next);
    const result = step(system, state, next);
    if (result === undefined) return undefined;
    results.push(result);
    state = result.state;
    return result;
  };
  const must = (result: StepResult | undefined): StepResult => {
    if (result === undefined) throw new Error('that was not recorded');
    return result;
  };
  const checked = (message: AnyEventObject): AnyEventObject => {
    const { type, ...payload } = message;
    if (isMessageType(type)) messages[type].payload.parse(payload);
    return message;
  };
  const at = (milliseconds: number) => {
    now += milliseconds;
  };

  return {
    take,
    state: () => state,
    now: () => now,
    incoming,
    results,
    at,
    /** Something that people send. */
    tell: (to: string, type: string, facts: Facts = {}) => {
      const message = checked({ type, ...facts });
      const messageId = `message-${incoming.length + 1}`;
      return must(take({ kind: 'message', orderId, at: now, messageId, to, message, causationId: null }));
    },
    /** The answer to the oldest call of `service`, to the key and attempt that it names. */
    answer: (service: string, type: string, facts: Facts = {}) => {
      const call = [...state.calls].find(([, pending]) => pending.service === service);
      if (call === undefined) throw new Error(`nothing was asked of the ${service}`);
      const [callId, { command }] = call;
      const message = checked({ type, key: command.key, attempt: command['attempt'], ...facts });
      return must(take({ kind: 'reply', orderId, at: now, callId, message }));
    },
    /** Advances the time to the next deadline, and fires it. */
    ring: () => {
      const [next] = [...state.deadlines].sort(([, a], [, b]) => a.dueAt - b.dueAt);
      if (next === undefined) throw new Error('no deadline is set');
      const [key, { dueAt }] = next;
      now = Math.max(now, dueAt);
      return must(take({ kind: 'deadline', orderId, at: now, key, dueAt }));
    },
    events: () => results.flatMap(({ events }) => events),
    eventTypes: () => results.flatMap(({ events }) => events.map(({ type }) => type)),
    values: () => Object.fromEntries([...state.actors].map(([name, { snapshot }]) => [name, snapshot.value])),
    last: () => must(results.at(-1)),
  };
};
type Story = ReturnType<typeof createStory>;

export const charge = { transactionId: 'transaction-1', amount: 17_500, currency: 'USD' };

/** Up to the charge: validated and reserved. */
export const untilPaying = (facts: Facts = {}): Story => {
  const story = createStory();
  story.tell('order', 'order.place', { ...placing, ...facts });
  story.answer('warehouse', 'warehouse.checked', { problems: [] });
  story.answer('warehouse', 'warehouse.reserved');
  return story;
};
export const untilCompleted = (): Story => {
  const story = untilPaying();
  story.answer('gateway', 'gateway.charged', charge);
  story.answer('warehouse', 'warehouse.committed');
  story.answer('mailer', 'mailer.sent');
  return story;
};
export const untilDeclined = (): Story => {
  const story = untilPaying();
  story.answer('gateway', 'gateway.declined', { code: 'card_declined' });
  story.answer('warehouse', 'warehouse.released');
  story.answer('mailer', 'mailer.sent');
  return story;
};
/** Cancelled while the bank has not answered; then it says that it took the money. */
const untilCancelledInPayment = (): Story => {
  const story = untilPaying();
  story.tell('order', 'order.cancel', { reason: 'changed my mind' });
  story.answer('warehouse', 'warehouse.released');
  story.answer('gateway', 'gateway.charged', charge);
  story.answer('gateway', 'gateway.refunded', { refundTransactionId: 'refund-1' });
  story.answer('mailer', 'mailer.sent');
  return story;
};
/** No answer to the charge; the look-up finds that it was made. */
const untilFound = (): Story => {
  const story = untilPaying();
  story.answer('gateway', 'gateway.unknown', { reason: 'no-answer' });
  story.ring();
  story.answer('gateway', 'gateway.charged', charge);
  story.answer('warehouse', 'warehouse.committed');
  story.answer('mailer', 'mailer.sent');
  return story;
};
/** Cancelled, and neither the stock nor the money is returned in time: two incidents. */
export const untilBothParked = (): Story => {
  const story = untilPaying();
  story.tell('order', 'order.cancel', { reason: 'changed my mind' });
  while (
    !JSON.stringify(story.values()['order']).includes('{"stock":"needsAttention","money":"needsAttention"}')
  ) {
    story.ring();
  }
  return story;
};

export const stories: readonly (readonly [name: string, tell: () => Story])[] = [
  ['completed', untilCompleted],
  ['declined', untilDeclined],
  ['cancelled during its payment', untilCancelledInPayment],
  ['found after a time-out', untilFound],
  ['waiting for a person while it is compensated', untilBothParked],
];
