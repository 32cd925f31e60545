// Watches every commit of a simulation as it happens: what must hold at each moment is held against what each
// order committed before, and what a campaign has to have seen is counted. It knows only what was written; it
// never helps a process, and keeps its own books of the stock.
import { createHash } from 'node:crypto';
import type { Sighting } from '../simulation.ts';
import type { CommitResult, OrderWork, OrderWrite, Store } from '../store.ts';
import type { Life } from './life.ts';

/** An order, as far as its commits have told. */
export interface Followed {
  version: number;
  events: number;
  state: string;
  isSettled: boolean;
  isCancelled: boolean;
  isPoisoned: boolean;
  products: readonly string[];
  /** Quantities that its events say are held, by product. */
  readonly held: Map<string, number>;
  /** What it comes to, in minor units. */
  amount: number;
  /** Types of pending calls by id. */
  readonly calls: Map<string, string>;
  readonly placedBy: string;
  /** The life that committed last. */
  life: number;
}

export interface Watch {
  noteCommit(
    life: Life,
    work: readonly OrderWork[],
    writes: readonly (OrderWrite | null)[],
    results: readonly CommitResult[],
  ): Promise<void>;
  /** The disk was full when this was to be written. */
  noteFull(writes: readonly (OrderWrite | null)[]): void;
  noteDeath(life: Life, site: string): void;
  saw(sighting: Sighting): void;
  violate(problem: string): void;
  trace(line: string): void;
  order(orderId: string): Readonly<Followed> | undefined;
  orders(): Iterable<readonly [string, Readonly<Followed>]>;
  /** Whether a commit has decided on a call under this key. */
  decided(key: string): boolean;
  readonly commits: number;
  readonly crashes: Readonly<Record<string, number>>;
  readonly sightings: Readonly<Partial<Record<Sighting, number>>>;
  readonly violations: readonly string[];
  hash(): string;
}

/** A process that dies this soon after its start is still taking up what another left. */
const recoveryMs = 200;
const charging = ['gateway.charge', 'gateway.capture'];

export const createWatch = (
  now: () => number,
  store: Store,
  onTrace: ((line: string) => void) | undefined,
): Watch => {
  const followed = new Map<string, Followed>();
  const keys = new Set<string>();
  const held = new Map<string, number>();
  const sightings: Partial<Record<Sighting, number>> = {};
  const crashes: Record<string, number> = {};
  const violations: string[] = [];
  const hash = createHash('sha256');
  let commits = 0;

  const trace = (line: string): void => {
    const full = `${now()} ${line}`;
    hash.update(`${full}\n`);
    onTrace?.(full);
  };
  const violate = (problem: string): void => {
    violations.push(`${now()} ${problem}`);
    trace(`VIOLATION ${problem}`);
  };
  const saw = (sighting: Sighting): void => {
    sightings[sighting] = (sightings[sighting] ?? 0) + 1;
  };

  const follow = (life: Life, orderId: string, write: OrderWrite): Followed => {
    const { version, received, events, calls, finishedCalls, summary, wakeAt } = write;
    const before = followed.get(orderId);
    const expect = (holds: boolean, problem: string) => {
      if (!holds) violate(`${orderId} ${problem}`);
    };
    expect(version === (before?.version ?? 0) + received.length, `came to version ${version} from another`);
    expect(received[0]?.version === (before?.version ?? 0) + 1, 'has a gap between its messages');
    expect(
      (events[0]?.seq ?? (before?.events ?? 0) + 1) === (before?.events ?? 0) + 1,
      'has a gap in its events',
    );
    const after: Followed = {
      version,
      events: (before?.events ?? 0) + events.length,
      state: summary.state,
      isSettled: summary.settled,
      isCancelled: before?.isCancelled ?? false,
      isPoisoned: before?.isPoisoned ?? false,
      products: before?.products ?? [],
      held: before?.held ?? new Map(),
      amount: before?.amount ?? 0,
      calls: before?.calls ?? new Map(),
      placedBy: before?.placedBy ?? life.node,
      life: life.number,
    };
    look(life, before, after, write);
    for (const callId of finishedCalls) after.calls.delete(callId);
    for (const { callId, command } of calls) {
      after.calls.set(callId, command.type);
      keys.add(command.key);
    }
    const canMove = summary.settled || summary.incident || wakeAt !== null || after.calls.size > 0;
    expect(canMove, `is ${summary.state}, and nothing will ever wake it`);
    return after;
  };

  const count = (order: Followed, productId: string, quantity: number): void => {
    const change = quantity - (order.held.get(productId) ?? 0);
    order.held.set(productId, quantity);
    held.set(productId, (held.get(productId) ?? 0) + change);
  };

  /** Counts what is worth having seen. */
  const look = (life: Life, before: Followed | undefined, after: Followed, write: OrderWrite): void => {
    const isCharging = [...(before?.calls.values() ?? [])].some((type) => charging.includes(type));
    for (const { type, messageId, disposition, data } of write.received) {
      const isFact = messageId.startsWith('fact-');
      const isApplied = disposition === 'applied';
      if (disposition === 'dead') {
        saw('message-set-aside');
        after.isPoisoned = true;
        // What the warehouse did stays done, although the order could not say so.
        if (endsOfHolding.includes(type))
          for (const productId of after.held.keys()) count(after, productId, 0);
      }
      if (type === 'order.cancel' && isApplied) {
        after.isCancelled = true;
        if (isCharging) saw('cancel-while-charging');
      }
      if (isFact && isApplied && isCharging && type !== 'gateway.declined') saw('fact-before-answer');
      if (isFact && !isApplied && before?.isSettled) saw('fact-after-the-end');
      if (messageId.includes('/deadlines/') && before && before.life !== life.number) {
        saw('deadline-after-take-over');
      }
      if (type === 'gateway.unknown' && data['reason'] === 'key-expired') saw('key-forgotten');
    }
    for (const { type, data } of write.events) {
      if (type === 'order.created') {
        after.products = toProducts(data['items']);
        after.amount = Number(data['amount']);
      }
      if (type === 'inventory.released' && data['why'] === 'expired' && isCharging)
        saw('expiry-while-charging');
      if (type === 'payment.refunded' && after.isCancelled) saw('money-after-cancel-given-back');
      if (type === 'order.completed' && isBesidePoison(after)) saw('poison-beside-healthy');
      if (!stockEvents.includes(type)) continue;
      count(after, String(data['productId']), type === 'inventory.reserved' ? Number(data['quantity']) : 0);
    }
  };
  const isBesidePoison = ({ products }: Followed): boolean =>
    [...followed.values()].some(
      (each) => each.isPoisoned && each.products.some((id) => products.includes(id)),
    );

  const checkStock = async (): Promise<void> => {
    for (const { productId, held: counted, onHand, sold } of await store.products({ limit: 100 })) {
      const expected = held.get(productId) ?? 0;
      if (counted !== expected) violate(`${productId} has ${counted} held, its orders hold ${expected}`);
      if (counted < 0 || sold < 0 || counted > onHand) violate(`${productId} is oversold`);
    }
  };

  return {
    noteCommit: async (life, work, writes, results) => {
      commits += 1;
      let hasStock = false;
      for (const [index, result] of results.entries()) {
        const { orderId } = work[index] ?? { orderId: '' };
        const write = writes[index];
        if (result.outcome === 'stale') saw('stale-commit-refused');
        if (result.outcome !== 'committed' || !write) continue;
        followed.set(orderId, follow(life, orderId, write));
        hasStock ||= write.events.some(({ type }) => stockEvents.includes(type));
        const types = write.received.map(({ type, disposition }) => `${type}:${disposition}`);
        trace(`${life.node} ${orderId} v${write.version} ${write.summary.state} ${types.join(' ')}`);
      }
      if (hasStock) await checkStock();
    },
    noteFull: (writes) => {
      const types = writes.flatMap((write) => write?.received.map(({ type }) => type) ?? []);
      if (types.some((type) => type.startsWith('gateway.'))) saw('disk-full-before-result');
    },
    noteDeath: (life, site) => {
      crashes[site] = (crashes[site] ?? 0) + 1;
      trace(`${life.node} dies at ${site}`);
      if (now() - life.bornAt < recoveryMs) saw('crash-in-recovery');
      if ([...followed.values()].some(({ state }) => state === 'compensating'))
        saw('crash-while-compensating');
    },
    saw,
    violate,
    trace,
    order: (orderId) => followed.get(orderId),
    orders: () => followed.entries(),
    decided: (key) => keys.has(key),
    get commits() {
      return commits;
    },
    crashes,
    sightings,
    violations,
    hash: () => hash.copy().digest('hex'),
  };
};

const endsOfHolding = ['warehouse.committed', 'warehouse.released'];
const stockEvents = ['inventory.reserved', 'inventory.released', 'inventory.committed'];

const toProducts = (items: unknown): string[] =>
  Array.isArray(items)
    ? items.map((item: unknown) =>
        typeof item === 'object' && item !== null && 'productId' in item ? String(item.productId) : '',
      )
    : [];
