// What the built-in warehouse answers (src/services/warehouse.ts), over a stock in memory.
import { describe, expect, it } from 'vitest';
import type { Line } from '../../machines/messages.ts';
import { answerInside, type CommandTo } from '../../src/service.ts';
import { createWarehouse } from '../../src/services/warehouse.ts';
import type { Product, Share, Shortage, Stock } from '../../src/store.ts';
import { describeService, toCall } from '../contracts/service.ts';

type State = 'held' | 'released' | 'sold';

/** Stock as the contract in src/store.ts describes it; `changes` counts what really changed. */
const createStock = (onHand: Readonly<Record<string, number>>) => {
  const reservations = new Map<string, { state: State; shares: readonly Share[]; expiresAt: number }>();
  const count = (productId: string, state: State) =>
    [...reservations.values()]
      .filter((reservation) => reservation.state === state)
      .flatMap(({ shares }) => shares.filter((share) => share.productId === productId))
      .reduce((total, { quantity }) => total + quantity, 0);
  const toProduct = (productId: string): Product | undefined => {
    const given = onHand[productId];
    if (given === undefined) return undefined;
    const sold = count(productId, 'sold');
    const held = count(productId, 'held');
    const left = given - sold;
    const price = { name: productId, unitPrice: 5000, currency: 'USD' };
    return { productId, ...price, onHand: left, held, sold, available: left - held };
  };
  let changes = 0;
  const end = (orderId: string, from: State, to: State): State | undefined => {
    const reservation = reservations.get(orderId);
    if (reservation?.state === from) {
      reservation.state = to;
      changes += 1;
    }
    return reservation?.state;
  };
  const stock: Stock = {
    products: async (ids) => new Map(ids.flatMap((id) => toProduct(id) ?? []).map((p) => [p.productId, p])),
    hold: async (orderId, shares, expiresAt) => {
      const known = reservations.get(orderId);
      if (known) return { outcome: known.state === 'held' ? 'held' : 'ended' };
      const shortages = shares.flatMap((share): Shortage[] => {
        const available = toProduct(share.productId)?.available ?? 0;
        return available < share.quantity ? [{ ...share, available }] : [];
      });
      if (shortages.length > 0) return { outcome: 'insufficient', shortages };
      reservations.set(orderId, { state: 'held', shares, expiresAt });
      changes += 1;
      return { outcome: 'held' };
    },
    release: async (orderId) => {
      const state = end(orderId, 'held', 'released');
      return state === 'sold' ? 'committed' : state === undefined ? 'nothing' : 'released';
    },
    sell: async (orderId) => (end(orderId, 'held', 'sold') === 'sold' ? 'sold' : 'not-held'),
  };
  return { stock, reservations, changes: () => changes, toProduct };
};

const line = (productId: string, quantity: number, rest: Partial<Line> = {}): Line => ({
  productId,
  quantity,
  unitPrice: 5000,
  currency: 'USD',
  ...rest,
});
const check = (...lines: Line[]) => ({ type: 'warehouse.check', key: 'check', attempt: 1, lines }) as const;
const reserve = (...lines: Line[]) =>
  ({ type: 'warehouse.reserve', key: 'reserve', attempt: 1, lines, ttlMs: 900_000 }) as const;
const release = { type: 'warehouse.release', key: 'release', attempt: 1 } as const;
const commit = { type: 'warehouse.commit', key: 'commit', attempt: 1 } as const;

const open = (onHand: Readonly<Record<string, number>> = { laptop: 10, mouse: 5 }) => {
  const shelf = createStock(onHand);
  const warehouse = createWarehouse();
  const ask = (command: CommandTo<'warehouse'>, orderId = 'order-1') =>
    answerInside(warehouse, toCall('warehouse', command, { orderId }), shelf.stock);
  return { ...shelf, warehouse, ask };
};

describeService('the built-in warehouse', async () => {
  const { warehouse, stock, changes } = open();
  const lines = [line('laptop', 2), line('mouse', 1)];
  return {
    name: 'warehouse',
    calls: [check(...lines), reserve(...lines), commit].map((command) => toCall('warehouse', command)),
    ask: (call) => answerInside(warehouse, call, stock),
    effects: async () => changes(),
  };
});

describe('a check', () => {
  it('finds no problem where every line can be had at its price', async () => {
    const { ask } = open();
    expect(await ask(check(line('laptop', 10), line('mouse', 5)))).toMatchObject({ problems: [] });
  });

  it('names every problem of every line in one answer', async () => {
    const { ask } = open();
    const lines = [
      line('mouse', 6),
      line('laptop', 1, { unitPrice: 4999 }),
      line('laptop', 1, { currency: 'EUR' }),
      line('ghost', 1),
      line('ghost', 2),
    ];
    expect(await ask(check(...lines))).toEqual({
      type: 'warehouse.checked',
      key: 'check',
      attempt: 1,
      problems: [
        { productId: 'laptop', kind: 'price-changed', expected: 4999, actual: 5000 },
        { productId: 'laptop', kind: 'currency-changed', expected: 'EUR', actual: 'USD' },
        { productId: 'mouse', kind: 'insufficient-stock', requested: 6, available: 5 },
        { productId: 'ghost', kind: 'unknown-product' },
      ],
    });
  });

  it('sums the lines of a product before it compares, and says so once', async () => {
    const { ask } = open();
    expect(await ask(check(line('mouse', 3), line('laptop', 1), line('mouse', 3)))).toMatchObject({
      problems: [{ productId: 'mouse', kind: 'insufficient-stock', requested: 6, available: 5 }],
    });
  });

  it('counts what other orders hold as not available', async () => {
    const { ask } = open();
    await ask(reserve(line('mouse', 3)), 'order-2');
    expect(await ask(check(line('mouse', 3)))).toMatchObject({ problems: [{ requested: 3, available: 2 }] });
  });

  it('holds nothing', async () => {
    const { ask, changes } = open();
    await ask(check(line('laptop', 2)));
    expect(changes()).toBe(0);
  });
});

describe('a reservation', () => {
  it('holds the summed lines and ends when its time has passed since the decision', async () => {
    const { ask, reservations } = open();
    const reply = await ask(reserve(line('mouse', 2), line('laptop', 1), line('mouse', 1)));
    expect(reply.type).toBe('warehouse.reserved');
    expect(reservations.get('order-1')).toEqual({
      state: 'held',
      shares: [
        { productId: 'mouse', quantity: 3 },
        { productId: 'laptop', quantity: 1 },
      ],
      expiresAt: Date.UTC(2026, 0, 1) + 900_000,
    });
  });

  it('takes no line where another one is short, and names the true available', async () => {
    const { ask, changes, toProduct } = open();
    expect(
      await ask(reserve(line('laptop', 1), line('mouse', 3), line('mouse', 3), line('ghost', 1))),
    ).toEqual({
      type: 'warehouse.insufficient',
      key: 'reserve',
      attempt: 1,
      problems: [
        { productId: 'mouse', kind: 'insufficient-stock', requested: 6, available: 5 },
        { productId: 'ghost', kind: 'insufficient-stock', requested: 1, available: 0 },
      ],
    });
    expect(changes()).toBe(0);
    expect(toProduct('laptop')?.held).toBe(0);
  });

  it('is refused for an order whose reservation has ended', async () => {
    const { ask, toProduct } = open();
    await ask(reserve(line('mouse', 1)));
    await ask(release);
    expect(await ask(reserve(line('mouse', 1)))).toMatchObject({
      type: 'warehouse.refused',
      reason: 'reservation-ended',
    });
    expect(toProduct('mouse')?.held).toBe(0);
  });
});

describe('a release', () => {
  it('gives back what the order holds, and nothing of another order', async () => {
    const { ask, toProduct } = open();
    await ask(reserve(line('mouse', 1)));
    await ask(reserve(line('mouse', 2)), 'order-2');
    expect((await ask(release)).type).toBe('warehouse.released');
    expect(toProduct('mouse')).toMatchObject({ held: 2, available: 3 });
  });

  it('of nothing is answered and changes nothing', async () => {
    const { ask, changes } = open();
    expect((await ask(release)).type).toBe('warehouse.released');
    expect(changes()).toBe(0);
  });

  it('of what was sold is refused, and it stays sold', async () => {
    const { ask, toProduct } = open();
    await ask(reserve(line('mouse', 1)));
    await ask(commit);
    expect(await ask(release)).toMatchObject({ type: 'warehouse.refused', reason: 'already-sold' });
    expect(toProduct('mouse')).toMatchObject({ onHand: 4, sold: 1 });
  });
});

describe('a commit', () => {
  it('sells what the order holds, once', async () => {
    const { ask, toProduct } = open();
    await ask(reserve(line('mouse', 2)));
    expect((await ask(commit)).type).toBe('warehouse.committed');
    expect((await ask(commit)).type).toBe('warehouse.committed');
    expect(toProduct('mouse')).toMatchObject({ onHand: 3, held: 0, sold: 2 });
  });

  it('of what is not held is refused and sells nothing', async () => {
    const { ask, toProduct } = open();
    expect(await ask(commit)).toMatchObject({ type: 'warehouse.refused', reason: 'not-held' });
    await ask(reserve(line('mouse', 2)));
    await ask(release);
    expect(await ask(commit)).toMatchObject({ type: 'warehouse.refused', reason: 'not-held' });
    expect(toProduct('mouse')).toMatchObject({ onHand: 5, sold: 0 });
  });
});
