// The people of a simulation: customers who place orders, ask until they are answered, change their minds and want their
// money back. They keep the same key until they are answered, and remember the answers.
import { AppError } from '../../errors.ts';
import type { Idempotency, Outcome, Receipt } from '../../host.ts';
import type { Basket, ShopHost } from '../../shop/placement.ts';
import type { OrderView } from '../../shop/view.ts';
import type { Move } from '../../step/view.ts';
import type { Monitor } from '../monitor.ts';
import type { Node } from '../node.ts';
import type { SeededRandom } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { Scenario } from './scenario.ts';

export type ShopNode = Node<ShopHost>;

export interface Customers {
  /** Orders whose customers know that they are accepted. */
  readonly accepted: ReadonlySet<string>;
  /** Customers who still want something. */
  readonly busy: number;
}

export interface CustomerParts {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly scenario: Scenario;
  readonly monitor: Monitor;
  readonly nodes: readonly ShopNode[];
  readonly orders: number;
}

export const products = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD' },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD' },
  { productId: 'product-3', name: 'Gizmo', unitPrice: 250, currency: 'USD' },
];

/** Codes after which the same request may succeed, at another node: it may know charts that this one does not. */
const retryable = ['overloaded', 'closing', 'store-unavailable', 'order-unreadable'];
class NoAnswer extends Error {}

type Intent = 'keep' | 'cancel' | 'refund';

interface Person {
  readonly name: string;
  readonly basket: Basket;
  readonly intent: Intent;
  readonly startMs: number;
}

export const createCustomers = (parts: CustomerParts): Customers => {
  const { timeline, random, monitor, scenario } = parts;
  const accepted = new Set<string>();
  let busy = parts.orders;
  for (let number = 1; number <= parts.orders; number += 1) {
    const person = drawPerson(number, random, scenario);
    timeline.after(person.startMs, () => {
      shopAround(parts, person, (orderId) => {
        accepted.add(orderId);
        monitor.trace(`${person.name} has ${orderId}`);
      }).then(
        () => {
          busy -= 1;
        },
        (error: unknown) => monitor.violate(`${person.name} got an unexpected answer: ${String(error)}`),
      );
    });
  }
  return {
    accepted,
    get busy() {
      return busy;
    },
  };
};

const drawPerson = (number: number, random: SeededRandom, scenario: Scenario): Person => {
  const isPoison = random.happens(scenario.poisonRate);
  const items = Array.from({ length: random.between(1, 3) }, () => {
    const { productId, name, unitPrice } = random.pick(products);
    const quantity = random.between(1, 3);
    return { productId, name, quantity, unitPrice, lineTotal: quantity * unitPrice };
  });
  const kind = random.fraction();
  const { cancelRate, refundRate } = scenario;
  const intent = kind < cancelRate ? 'cancel' : kind < cancelRate + refundRate ? 'refund' : 'keep';
  return {
    name: `customer-${number}`,
    basket: {
      customerId: `customer-${number}`,
      email: `${isPoison ? 'poison' : 'customer'}-${number}@example.com`,
      currency: 'USD',
      items,
      amount: items.reduce((sum, { lineTotal }) => sum + lineTotal, 0),
    },
    intent,
    startMs: random.between(0, scenario.arrivalsMs),
  };
};

/** Everything that one customer does, from placing the order to the last wish. */
const shopAround = async (
  parts: CustomerParts,
  person: Person,
  onAccepted: (orderId: string) => void,
): Promise<void> => {
  const { timeline, random, monitor } = parts;
  const orderId = await place(parts, person);
  onAccepted(orderId);
  let version = 0;
  let wishes = person.intent === 'refund' ? random.between(1, 3) : 1;
  for (;;) {
    await timeline.wait(random.between(50, 3000));
    // Most people do not look again before there is news.
    if (monitor.order(orderId)?.version === version && !random.happens(0.1)) continue;
    const { answer: view } = await askUntilAnswered(parts, (host) => host.get(orderId));
    if (view === undefined) throw new Error(`there is no order ${orderId}`);
    if (view.version < version) throw new Error(`version ${view.version} of ${orderId} after ${version}`);
    version = view.version;
    if (wishes > 0 && (await wish(parts, person, view, wishes))) wishes -= 1;
    if (isOver(view, wishes)) return;
  }
};

const isOver = (view: OrderView, wishes: number): boolean => {
  if (view.incidents.some(({ reason }) => reason === 'message-quarantined')) return true;
  if (!view.settled) return false;
  return wishes === 0 || view.moves.every(({ by, move }) => by === 'operator' && move !== 'refund');
};

/** Returns whether a wish was made (and answered). */
const wish = async (
  parts: CustomerParts,
  { intent }: Person,
  view: OrderView,
  left: number,
): Promise<boolean> => {
  const { random, scenario } = parts;
  const { partRate } = scenario;
  const find = (name: string) => view.moves.find((each) => each.move === name);
  const can = (name: string) => find(name) !== undefined;
  const capture = find('capture');
  if (capture !== undefined && random.happens(0.5)) {
    const { upTo = 0 } = capture;
    const part = upTo > 0 && random.happens(partRate) ? { amount: random.between(1, upTo) } : {};
    await move(parts, view.id, `${view.id}/capture`, { type: 'order.capture', ...part });
    return false;
  }
  if (intent === 'cancel' && can('cancel') && random.happens(0.4)) {
    await move(parts, view.id, `${view.id}/cancel`, { type: 'order.cancel', reason: 'changed my mind' });
    return true;
  }
  if (intent === 'refund' && can('refund') && view.unreadable === undefined) {
    const refundId = `refund-${left}`;
    const refund = { refundId, reason: 'it was broken', ...drawRefund(parts, find('refund')) };
    await move(parts, view.id, `${view.id}/${refundId}`, { type: 'order.refund', ...refund });
    return true;
  }
  return intent === 'keep' || (intent === 'cancel' && view.state === 'completed');
};

/** A line, an amount, or all. */
const drawRefund = ({ random, scenario }: CustomerParts, { lines = [], upTo = 1 }: Partial<Move> = {}) => {
  if (lines.length > 0 && random.happens(scenario.lineRate)) {
    const { productId, quantity } = random.pick(lines);
    return { lines: [{ productId, quantity: random.between(1, quantity), restock: random.happens(0.7) }] };
  }
  return random.happens(0.4) ? {} : { amount: random.between(1, upTo) };
};

const place = async (parts: CustomerParts, { name, basket }: Person): Promise<string> => {
  const idempotency: Idempotency = {
    ...{ scope: 'orders', key: name, fingerprint: `of ${name}` },
    respond: ({ id }) => ({ status: 201, body: id }),
  };
  const { outcome, node } = await insist(parts, (host) => host.place(basket, idempotency), 'accept.answered');
  if (outcome.outcome === 'done') return outcome.result.view.id;
  const { orderId, fingerprint } = outcome.record;
  if (fingerprint !== idempotency.fingerprint) throw new Error('the answer to another request');
  if (parts.monitor.order(orderId)?.placedBy !== node) parts.monitor.saw('replay-by-another-node');
  return orderId;
};

const move = async (
  parts: CustomerParts,
  orderId: string,
  key: string,
  message: Parameters<ShopHost['send']>[0]['message'],
): Promise<void> => {
  const idempotency: Idempotency = {
    ...{ scope: 'moves', key, fingerprint: key },
    respond: ({ id }) => ({ status: 200, body: id }),
  };
  const sending = { orderId, to: 'order', message, otherwise: 'refuse', idempotency } as const;
  try {
    await insist<Receipt>(parts, (host) => host.send(sending), 'move.answered');
  } catch (error) {
    // The order moved on meanwhile.
    if (!(error instanceof AppError) || error.code !== 'move-not-allowed') throw error;
  }
};

/** Asks under a key until there is an answer, and notes the outcome of commits whose answers got lost. */
const insist = async <T>(
  parts: CustomerParts,
  request: (host: ShopHost) => Promise<Outcome<T>>,
  answered: 'accept.answered' | 'move.answered',
): Promise<{ outcome: Outcome<T>; node: string }> => {
  const { answer: outcome, node, isInDoubt } = await askUntilAnswered(parts, request, answered);
  if (isInDoubt) {
    const wasStored = outcome.outcome === 'replayed';
    parts.monitor.saw(wasStored ? 'unknown-commit-stored' : 'unknown-commit-lost');
  }
  return { outcome, node };
};

/** `isInDoubt`: an earlier answer said that the store failed, and a commit may be stored all the same. */
const askUntilAnswered = async <T>(
  parts: CustomerParts,
  request: (host: ShopHost) => Promise<T>,
  answered?: 'accept.answered' | 'move.answered',
): Promise<{ answer: T; node: string; isInDoubt: boolean }> => {
  for (let isInDoubt = false; ; ) {
    const node = await findNode(parts);
    try {
      const answer = await answerWithin(parts, node.ask(request, answered));
      return { answer, node: node.name, isInDoubt };
    } catch (error) {
      if (!isRetryable(error)) throw error;
      isInDoubt ||= error instanceof AppError && error.code === 'store-unavailable';
      await parts.timeline.wait(parts.random.between(50, 1000));
    }
  }
};

const isRetryable = (error: unknown): boolean =>
  error instanceof NoAnswer || (error instanceof AppError && retryable.includes(error.code));

/** When no node is up, it looks again after longer and longer waits. */
const findNode = async ({ nodes, timeline, random }: CustomerParts): Promise<ShopNode> => {
  for (let waitMs = 500; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    const up = nodes.filter(({ isUp }) => isUp);
    if (up.length > 0) return random.pick(up);
    await timeline.wait(waitMs);
  }
};

const longestWaitMs = 120_000;
const patienceMs = 4000;

const answerWithin = <T>({ timeline }: CustomerParts, answer: Promise<T>): Promise<T> => {
  const lost = Promise.withResolvers<T>();
  const cancel = timeline.after(patienceMs, () => lost.reject(new NoAnswer()));
  return Promise.race([answer, lost.promise]).finally(cancel);
};
