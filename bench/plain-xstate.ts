// The same four charts under plain XState, in memory: one `createActor` for each order, with services that
// are actors and answer at once. Nothing is stored and nothing survives. It is the limit that durability is
// measured against.
import {
  type AnyActorRef,
  type AnyEventObject,
  createActor,
  createMachine,
  fromCallback,
  spawnChild,
} from 'xstate';
import { actorNames } from '../machines/messages.ts';
import { orderSystem } from '../machines/system.ts';
import { readSettings } from '../src/config.ts';
import { toPolicy } from '../src/shop/placement.ts';
import { sampleOrder } from './shop.ts';

type Answer = (command: AnyEventObject) => AnyEventObject;

/** Answers as soon as the actors are at rest. */
const createService = (client: string, answer: Answer) =>
  fromCallback<AnyEventObject>(({ receive, system }) => {
    receive((command) => {
      const { key, attempt } = { key: '', attempt: 1, ...command };
      queueMicrotask(() => system.get(client).send({ ...answer(command), key, attempt }));
    });
  });

const createShelf = () => {
  const held = new Map<string, number>([
    ['product-1', 0],
    ['product-2', 0],
  ]);
  const sold = new Map(held);
  const move = (counts: Map<string, number>, by: 1 | -1) => {
    for (const { productId, quantity } of sampleOrder.items) {
      counts.set(productId, (counts.get(productId) ?? 0) + by * quantity);
    }
  };
  const answers: Readonly<Record<string, () => AnyEventObject>> = {
    'warehouse.check': () => ({ type: 'warehouse.checked', problems: [] }),
    'warehouse.reserve': () => {
      move(held, 1);
      return { type: 'warehouse.reserved' };
    },
    'warehouse.commit': () => {
      move(held, -1);
      move(sold, 1);
      return { type: 'warehouse.committed' };
    },
    'warehouse.release': () => {
      move(held, -1);
      return { type: 'warehouse.released' };
    },
  };
  const answer: Answer = ({ type }) => answers[type]?.() ?? { type: 'warehouse.refused', reason: 'unknown' };
  return { answer, sold };
};

const createBank = () => {
  let charges = 0;
  const answer: Answer = ({ amount, currency }) => {
    charges += 1;
    return charges % 10 === 0
      ? { type: 'gateway.declined', code: 'card-declined' }
      : { type: 'gateway.charged', transactionId: `txn-${charges}`, amount, currency };
  };
  return { answer, charges: () => charges };
};

const isSettled = (actors: readonly AnyActorRef[]): boolean =>
  actors.every((actor) => actor.getSnapshot().hasTag('settled'));

/** A way to run one order to its end, and what was sold of the first product so far. */
export const createPlainShop = () => {
  const shelf = createShelf();
  const bank = createBank();
  const { order, inventory, payment, notification } = orderSystem.charts;
  const root = createMachine({
    entry: [
      spawnChild(order, { systemId: 'order' }),
      spawnChild(inventory, { systemId: 'inventory' }),
      spawnChild(payment, { systemId: 'payment' }),
      spawnChild(notification, { systemId: 'notification' }),
      spawnChild(createService('inventory', shelf.answer), { systemId: 'warehouse' }),
      spawnChild(createService('payment', bank.answer), { systemId: 'gateway' }),
      spawnChild(
        createService('notification', () => ({ type: 'mailer.sent' })),
        { systemId: 'mailer' },
      ),
    ],
  });
  const policy = toPolicy(readSettings());
  const perform = (number: number): Promise<void> =>
    new Promise((resolve) => {
      const running = createActor(root).start();
      const actors: AnyActorRef[] = actorNames.map((name) => running.system.get(name));
      const look = () => {
        if (!isSettled(actors)) return;
        running.stop();
        resolve();
      };
      for (const actor of actors) actor.subscribe(look);
      actors[0]?.send({ type: 'order.place', orderId: `order-${number}`, ...sampleOrder, policy });
    });
  return { perform, sold: () => shelf.sold.get('product-1') ?? 0, charges: bank.charges };
};
