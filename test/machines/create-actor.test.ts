// The charts without the step, under XState's own createActor: spawned by a root machine, with services that
// are actors in memory, on XState's simulated clock. They emit the same domain events in the same order.
import { describe, expect, it } from 'vitest';
import {
  type AnyEventObject,
  createActor,
  createMachine,
  fromCallback,
  SimulatedClock,
  spawnChild,
} from 'xstate';
import { type ActorName, actorNames } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { sampleOrder, samplePolicy } from './sample-order.ts';
import { createScriptedServices, type Script, toReply } from './scripted-services.ts';
import { createOrder } from './test-order.ts';

/** What a test can do, however the charts are run. */
interface Driver {
  send(to: ActorName, message: AnyEventObject): void;
  advance(ms: number): void;
}
type Steps = (driver: Driver) => void;

const clients = { warehouse: 'inventory', gateway: 'payment', mailer: 'notification' } as const;

/** A service in memory: answers as the script says, once the actors are at rest, or not at all. */
const createService = (
  service: keyof typeof clients,
  answerOf: ReturnType<typeof createScriptedServices>,
  replies: (() => void)[],
) =>
  fromCallback<AnyEventObject>(({ receive, system }) => {
    receive((command) => {
      const call = { service, command: { key: '', ...command } };
      const answer = answerOf(call);
      const { amount, currency } = sampleOrder;
      if (answer === undefined) return;
      const reply = toReply(call, answer, { amount, currency });
      replies.push(() => system.get(clients[service]).send(reply));
    });
  });

const runUnderCreateActor = (script: Script, steps: Steps) => {
  const answerOf = createScriptedServices(script);
  const replies: (() => void)[] = [];
  const answerAll = () => {
    for (let reply = replies.shift(); reply; reply = replies.shift()) reply();
  };
  const { order, inventory, payment, notification } = orderSystem.charts;
  const root = createMachine({
    entry: [
      spawnChild(order, { systemId: 'order' }),
      spawnChild(inventory, { systemId: 'inventory' }),
      spawnChild(payment, { systemId: 'payment' }),
      spawnChild(notification, { systemId: 'notification' }),
      spawnChild(createService('warehouse', answerOf, replies), { systemId: 'warehouse' }),
      spawnChild(createService('gateway', answerOf, replies), { systemId: 'gateway' }),
      spawnChild(createService('mailer', answerOf, replies), { systemId: 'mailer' }),
    ],
  });
  const clock = new SimulatedClock();
  const running = createActor(root, { clock }).start();
  const events: object[] = [];
  for (const actor of actorNames) {
    running.system.get(actor).on('*', (event: AnyEventObject) => events.push({ actor, ...event }));
  }
  steps({
    send: (to, message) => {
      running.system.get(to).send(message);
      answerAll();
    },
    advance: (ms) => {
      clock.increment(ms);
      answerAll();
    },
  });
  const states = actorNames.map((actor) => running.system.get(actor).getSnapshot().value);
  running.stop();
  return { events, states };
};

const placing = { type: 'order.place', ...sampleOrder, policy: samplePolicy };
const cancelling = { type: 'order.cancel', reason: 'changed my mind' };
const refunding = { type: 'order.refund', refundId: 'refund-1', amount: 500, reason: 'it was scratched' };
const unknownProduct = {
  type: 'warehouse.checked',
  problems: [{ productId: 'product-1', kind: 'unknown-product' }],
};

const plots: readonly [string, Script, Steps][] = [
  ['the sample order', {}, ({ send }) => send('order', placing)],
  ['a decline', { 'gateway.charge': ['declined'] }, ({ send }) => send('order', placing)],
  [
    'a shortage at reservation',
    { 'warehouse.reserve': ['insufficient'] },
    ({ send }) => send('order', placing),
  ],
  ['a rejected order', { 'warehouse.check': [unknownProduct] }, ({ send }) => send('order', placing)],
  [
    'a cancel during payment',
    { 'gateway.charge': ['silent'], 'gateway.look-up': ['charged'] },
    ({ send, advance }) => {
      send('order', placing);
      send('order', cancelling);
      advance(10_000);
    },
  ],
  [
    'a time-out then found',
    { 'gateway.charge': ['silent'], 'gateway.look-up': ['failed', 'charged'] },
    ({ send, advance }) => {
      send('order', placing);
      advance(9999);
      advance(1);
      advance(1000);
    },
  ],
  [
    'a time-out then absent, charged again',
    { 'gateway.charge': ['silent', 'charged'], 'gateway.look-up': ['absent'] },
    ({ send, advance }) => {
      send('order', placing);
      advance(10_000);
      advance(1000);
    },
  ],
  [
    'a late refund',
    { 'gateway.refund': ['failed', 'refunded'] },
    ({ send, advance }) => {
      send('order', placing);
      advance(86_400_000);
      send('order', refunding);
      advance(1000);
    },
  ],
  [
    'a notice that fails every time, and an operator who repairs it',
    { 'mailer.send': ['failed'] },
    ({ send, advance }) => {
      send('order', placing);
      advance(1000);
      advance(2000);
      send('notification', { type: 'incident.resolve', outcome: 'sent', note: 'by telephone' });
    },
  ],
  ['a sale that is refused', { 'warehouse.commit': ['refused'] }, ({ send }) => send('order', placing)],
];

describe('the charts under plain createActor', () => {
  it.each(plots)('give the same domain events as the step: %s', (_, script, steps) => {
    const { events, states } = runUnderCreateActor(script, steps);
    const order = createOrder(script);
    steps({ send: (to, message) => order.send(to, message), advance: (ms) => order.advance(ms) });
    // The journal drops what is undefined, as JSON does.
    expect(JSON.parse(JSON.stringify(events))).toEqual(JSON.parse(JSON.stringify(order.events)));
    expect(events.length).toBeGreaterThan(2);
    expect(states.map((value) => JSON.stringify(value))).toEqual(
      actorNames.map((actor) => JSON.stringify(order.valueOf(actor))),
    );
  });
});
