// The people of a simulation: customers who place orders, insist on an answer, change their minds and want
// their money back. They keep the same key until they are answered, and remember what they were told.
import { AppError } from '../errors.ts';
import type { Host, Idempotency, OrderView, Outcome, Placement, Receipt } from '../host.ts';
import type { Node } from './node.ts';
import type { SeededRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';

export interface Customers {
  /** Orders whose customer was told that they are taken. */
  readonly accepted: ReadonlySet<string>;
  /** Customers who still want something. */
  readonly busy: number;
}

export interface CustomerParts {
  readonly timeline: Timeline;
  readonly chance: SeededRandom;
  readonly scenario: Scenario;
  readonly watch: Watch;
  readonly nodes: readonly Node[];
  readonly orders: number;
}

export const catalogue = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD' },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD' },
  { productId: 'product-3', name: 'Gizmo', unitPrice: 250, currency: 'USD' },
];

/** Codes after which it makes sense to ask again. */
const passing = ['overloaded', 'closing', 'store-unavailable'];
class NoAnswer extends Error {}

type Intent = 'keep' | 'cancel' | 'refund';

interface Person {
  readonly name: string;
  readonly placement: Placement;
  readonly intent: Intent;
  readonly startMs: number;
}

export const createCustomers = (parts: CustomerParts): Customers => {
  const { timeline, chance, watch, scenario } = parts;
  const accepted = new Set<string>();
  let busy = parts.orders;
  for (let number = 1; number <= parts.orders; number += 1) {
    const person = drawPerson(number, chance, scenario);
    timeline.after(person.startMs, () => {
      live(parts, person, (orderId) => {
        accepted.add(orderId);
        watch.trace(`${person.name} has ${orderId}`);
      }).then(
        () => {
          busy -= 1;
        },
        (error: unknown) => watch.violate(`${person.name} was told ${String(error)}`),
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

const drawPerson = (number: number, chance: SeededRandom, scenario: Scenario): Person => {
  const isPoison = chance.happens(scenario.poisonRate);
  const lines = chance.between(1, 3);
  const items = Array.from({ length: lines }, () => {
    const { productId, name, unitPrice } = chance.pick(catalogue);
    const quantity = chance.between(1, 3);
    return { productId, name, quantity, unitPrice, lineTotal: quantity * unitPrice };
  });
  const kind = chance.fraction();
  const { cancelRate, refundRate } = scenario;
  const intent = kind < cancelRate ? 'cancel' : kind < cancelRate + refundRate ? 'refund' : 'keep';
  return {
    name: `customer-${number}`,
    placement: {
      customerId: `customer-${number}`,
      email: `${isPoison ? 'poison' : 'customer'}-${number}@example.com`,
      currency: 'USD',
      items,
      amount: items.reduce((sum, { lineTotal }) => sum + lineTotal, 0),
    },
    intent,
    startMs: chance.between(0, scenario.comingMs),
  };
};

/** One customer, from the order to the end of all wishes. */
const live = async (
  parts: CustomerParts,
  person: Person,
  onAccepted: (orderId: string) => void,
): Promise<void> => {
  const { timeline, chance, watch } = parts;
  const orderId = await place(parts, person);
  onAccepted(orderId);
  let version = 0;
  let wishes = person.intent === 'refund' ? chance.between(1, 3) : 1;
  for (;;) {
    await timeline.wait(chance.between(50, 3000));
    // Nothing new: most people look only now and then.
    if (watch.order(orderId)?.version === version && !chance.happens(0.1)) continue;
    const view = await insist(parts, (host) => host.get(orderId));
    if (view === undefined) throw new Error(`that there is no order ${orderId}`);
    if (view.version < version) throw new Error(`version ${view.version} of ${orderId} after ${version}`);
    version = view.version;
    if (wishes > 0 && (await wish(parts, person, view, wishes))) wishes -= 1;
    if (isOver(view, wishes)) return;
  }
};

const isOver = (view: OrderView, wishes: number): boolean => {
  if (view.incidents.some(({ reason }) => reason === 'message-quarantined')) return true;
  if (!view.settled) return false;
  return wishes === 0 || view.allowed.every(({ by, move }) => by === 'operator' && move !== 'refunds');
};

/** Returns whether a wish was made (and answered). */
const wish = async (
  parts: CustomerParts,
  { intent }: Person,
  view: OrderView,
  left: number,
): Promise<boolean> => {
  const { chance } = parts;
  const can = (move: string) => view.allowed.some((each) => each.move === move);
  if (can('capture') && chance.happens(0.5)) {
    await move(parts, view.id, `${view.id}/capture`, { type: 'order.capture' });
    return false;
  }
  if (intent === 'cancel' && can('cancel') && chance.happens(0.4)) {
    await move(parts, view.id, `${view.id}/cancel`, { type: 'order.cancel', reason: 'changed my mind' });
    return true;
  }
  if (intent === 'refund' && can('refunds')) {
    const upTo = view.paidAmount - view.refundedAmount;
    const amount = chance.happens(0.4) ? undefined : chance.between(1, upTo);
    const refundId = `refund-${left}`;
    const asked = { refundId, reason: 'it was broken', ...(amount !== undefined && { amount }) };
    await move(parts, view.id, `${view.id}/${refundId}`, { type: 'order.refund', ...asked });
    return true;
  }
  return intent === 'keep' || (intent === 'cancel' && view.state === 'completed');
};

const place = async (parts: CustomerParts, { name, placement }: Person): Promise<string> => {
  const idempotency: Idempotency = {
    scope: 'orders',
    key: name,
    fingerprint: `of ${name}`,
    respond: ({ id }) => ({ status: 201, body: id }),
  };
  const { outcome, node } = await once(
    parts,
    (host) => host.place(placement, idempotency),
    'accept.answered',
  );
  if (outcome.outcome === 'done') return outcome.result.id;
  const { orderId, fingerprint } = outcome.record;
  if (fingerprint !== idempotency.fingerprint) throw new Error('the answer to another request');
  if (parts.watch.order(orderId)?.placedBy !== node) parts.watch.saw('replay-by-another-node');
  return orderId;
};

const move = async (
  parts: CustomerParts,
  orderId: string,
  key: string,
  message: Parameters<Host['send']>[0]['message'],
): Promise<void> => {
  const idempotency: Idempotency = {
    scope: 'moves',
    key,
    fingerprint: key,
    respond: ({ id }) => ({ status: 200, body: id }),
  };
  const delivery = { orderId, to: 'order', message, otherwise: 'refuse', idempotency } as const;
  try {
    await once<Receipt>(parts, (host) => host.send(delivery), 'move.answered');
  } catch (error) {
    // The order moved on meanwhile.
    if (!(error instanceof AppError) || error.code !== 'move-not-allowed') throw error;
  }
};

/** Asks with a key, again and again, until there is an answer; says what became of answers that got lost. */
const once = async <T>(
  parts: CustomerParts,
  request: (host: Host) => Promise<Outcome<T>>,
  answered: 'accept.answered' | 'move.answered',
): Promise<{ outcome: Outcome<T>; node: string }> => {
  let isInDoubt = false;
  for (;;) {
    const node = await findNode(parts);
    try {
      const outcome = await within(parts, node.ask(request, answered));
      if (isInDoubt) {
        const wasThere = outcome.outcome === 'replayed';
        parts.watch.saw(wasThere ? 'unknown-commit-was-there' : 'unknown-commit-was-not-there');
      }
      return { outcome, node: node.name };
    } catch (error) {
      if (!isPassing(error)) throw error;
      isInDoubt ||= error instanceof AppError && error.code === 'store-unavailable';
      await parts.timeline.wait(parts.chance.between(50, 1000));
    }
  }
};

/** Asks until there is an answer. */
const insist = async <T>(parts: CustomerParts, request: (host: Host) => Promise<T>): Promise<T> => {
  for (;;) {
    const node = await findNode(parts);
    try {
      return await within(parts, node.ask(request));
    } catch (error) {
      if (!isPassing(error)) throw error;
      await parts.timeline.wait(parts.chance.between(50, 1000));
    }
  }
};

const isPassing = (error: unknown): boolean =>
  error instanceof NoAnswer || (error instanceof AppError && passing.includes(error.code));

const findNode = async ({ nodes, timeline, chance }: CustomerParts): Promise<Node> => {
  for (let waitMs = 500; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    const up = nodes.filter(({ isUp }) => isUp);
    if (up.length > 0) return chance.pick(up);
    await timeline.wait(waitMs);
  }
};

/** Whoever finds nobody looks less and less often. */
const longestWaitMs = 120_000;
const patienceMs = 4000;

const within = <T>({ timeline }: CustomerParts, answer: Promise<T>): Promise<T> => {
  const lost = Promise.withResolvers<T>();
  const cancel = timeline.after(patienceMs, () => lost.reject(new NoAnswer()));
  return Promise.race([answer, lost.promise]).finally(cancel);
};
