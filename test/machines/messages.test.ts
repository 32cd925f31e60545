// The messages: each is in fact sent by someone and handled by someone, carries exactly what it declares,
// and the thirteen events of the original keep their meaning.
import { describe, expect, it } from 'vitest';
import { actorNames, isMessageType, messages, messageTypes, typesTo } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { toMatrix } from '../../src/step/matrix.ts';
import { collectMessages } from './message-log.ts';

const messageLog = collectMessages();
const isActor = (address: string) => actorNames.some((name) => name === address);
/** The sender as the message log names it. */
const toSpeaker = (address: string) => (isActor(address) ? address : 'outside');
const declared = messageTypes.flatMap((type) =>
  messages[type].from.flatMap((from) => messages[type].to.map((to) => [type, from, to] as const)),
);
const payloadOf = (type: string): Record<string, unknown> => {
  const { type: _, ...payload } = messageLog.examples.get(type) ?? { type };
  return payload;
};

describe('every declared message', () => {
  it.each(messageTypes)('%s has a sender and a receiver', (type) => {
    expect(messages[type].from.length).toBeGreaterThan(0);
    expect(messages[type].to.length).toBeGreaterThan(0);
  });

  it.each(declared)('%s is in fact sent by %s to %s', (type, from, to) => {
    expect(messageLog.routes).toContain(`${toSpeaker(from)} → ${to}: ${type}`);
  });

  it.each(actorNames.flatMap((actor) => typesTo(actor).map((type) => [type, actor] as const)))(
    '%s is taken by %s in some state',
    (type, actor) => {
      const rows = toMatrix(orderSystem.charts[actor], [type]);
      expect(rows.some(({ kind, outcomes }) => kind === 'message' && outcomes.length > 0)).toBe(true);
    },
  );

  it('is handled by no actor that it is not declared for', () => {
    for (const actor of actorNames) {
      const undeclared = messageTypes.filter((type) => !typesTo(actor).includes(type));
      const rows = toMatrix(orderSystem.charts[actor], undeclared);
      expect(rows.filter(({ kind, outcomes }) => kind === 'message' && outcomes.length > 0)).toEqual([]);
    }
  });

  it('is sent by nobody who is not declared as its sender', () => {
    const allowed = new Set(declared.map(([type, from, to]) => `${toSpeaker(from)} → ${to}: ${type}`));
    const unexpected = [...messageLog.routes].filter(
      (line) => !allowed.has(line) && !line.includes(': xstate.'),
    );
    expect(unexpected).toEqual([]);
  });
});

describe('the schema of', () => {
  it.each(messageTypes)('%s parses an example of it as it is', (type) => {
    expect(messages[type].payload.parse(payloadOf(type))).toEqual(payloadOf(type));
  });

  it.each(messageTypes)('%s refuses a field that it does not declare', (type) => {
    for (const extra of ['version', 'surprise', 'id']) {
      const message = { ...payloadOf(type), [extra]: 1 };
      expect(messages[type].payload.safeParse(message).success, extra).toBe(false);
    }
  });

  it.each(messageTypes)('%s refuses values of a wrong type', (type) => {
    for (const field of Object.keys(payloadOf(type))) {
      for (const wrong of [true, { not: 'this' }, Number.NaN, '']) {
        const message = { ...payloadOf(type), [field]: wrong };
        expect(messages[type].payload.safeParse(message).success, `${field}: ${wrong}`).toBe(false);
      }
    }
  });

  it.each(messageTypes)('%s refuses a message without what it must carry', (type) => {
    const { payload } = messages[type];
    const optional = Object.entries(payload.shape).filter(
      ([, schema]) => schema.safeParse(undefined).success,
    );
    for (const field of Object.keys(payload.shape)) {
      const { [field]: _, ...rest } = payloadOf(type);
      expect(payload.safeParse(rest).success, field).toBe(optional.some(([name]) => name === field));
    }
  });

  it.each([
    ['order.refund', { amount: 0 }],
    ['order.refund', { amount: -1 }],
    ['order.refund', { amount: 0.5 }],
    ['order.created', { amount: 2 ** 53 }],
    ['order.created', { currency: 'usd' }],
    ['order.created', { email: 'nobody' }],
    ['order.created', { items: [] }],
    ['order.rejected', { problems: [] }],
    ['inventory.reserved', { quantity: 0 }],
    ['payment.initiated', { attempt: 0 }],
    ['payment.initiated', { method: 'cash' }],
    ['payment.failed', { reason: 'ECONNRESET' }],
    ['order.cancel', { reason: '' }],
    ['order.cancel', { reason: 'x'.repeat(1001) }],
  ])('%s refuses %j', (type, wrong) => {
    expect(
      isMessageType(type) && messages[type].payload.safeParse({ ...payloadOf(type), ...wrong }).success,
    ).toBe(false);
  });

  it.each(messageTypes)('%s has a version', (type) => {
    expect(messages[type].version).toBe(1);
  });
});

describe('the list of messages', () => {
  it('knows its own types and no others', () => {
    expect(isMessageType('order.place')).toBe(true);
    for (const other of ['order.unheard-of', 'toString', '__proto__', '', 'xstate.init']) {
      expect(isMessageType(other)).toBe(false);
    }
  });

  it('lists what each address may receive, in its own order', () => {
    expect(typesTo('mailer')).toEqual(['mailer.send']);
    expect(typesTo('notification')).toEqual([
      'incident.retry',
      'incident.resolve',
      'notification.send-confirmation',
      'notification.send-failure',
      'notification.send-cancellation',
      'notification.send-refund',
      'notification.send-payment-action',
      'mailer.sent',
      'mailer.failed',
    ]);
    expect(typesTo('customer')).toEqual([]);
  });

  it('calls in the past tense what happened, and in the imperative what is asked for', () => {
    for (const type of messageTypes) {
      const { kind, to, from } = messages[type];
      if (to.some((name) => name === 'journal')) expect(kind).toBe('event');
      if (from.some((name) => name === 'customer' || name === 'operator')) expect(kind).toBe('command');
    }
  });
});

describe('the thirteen events of the original', () => {
  it.each([
    [
      'S6 OrderCreated',
      'order.created',
      ['customerId', 'email', 'amount', 'currency', 'items', 'adjustments', 'reference'],
    ],
    ['S7 OrderValidated (valid)', 'order.validated', []],
    ['S7 OrderValidated (not valid)', 'order.rejected', ['problems']],
    ['S8 OrderProcessingStarted', 'order.processing-started', []],
    ['S9 OrderCompleted', 'order.completed', ['finalAmount', 'currency']],
    ['S10 OrderFailed', 'order.failed', ['reason']],
    ['S11 InventoryReserved', 'inventory.reserved', ['productId', 'quantity']],
    ['S12 InventoryReleased', 'inventory.released', ['productId', 'quantity', 'why']],
    ['S13 InventoryInsufficient', 'inventory.insufficient', ['productId', 'requested', 'available']],
    ['S14 PaymentInitiated', 'payment.initiated', ['amount', 'currency', 'method', 'attempt', 'key']],
    ['S15 PaymentCompleted', 'payment.completed', ['transactionId', 'amount', 'currency']],
    ['S16 PaymentFailed', 'payment.failed', ['reason']],
    ['S17 OrderConfirmationSent', 'order.confirmation-sent', ['recipient']],
    ['S18 OrderFailureNotificationSent', 'order.failure-notification-sent', ['recipient', 'reason']],
  ])('%s is %s, is kept in the journal and carries what it must', (_, type, fields) => {
    if (!isMessageType(type)) throw new Error(`${type} is not declared`);
    expect(messages[type].kind).toBe('event');
    expect(messages[type].to).toContain('journal');
    expect(Object.keys(messages[type].payload.shape).sort()).toEqual([...fields].sort());
  });
});
