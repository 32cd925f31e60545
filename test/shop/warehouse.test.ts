// What the built-in warehouse answers (src/shop/warehouse.ts), over rows in memory.
import { describe, expect, it } from 'vitest';
import type { Line } from '../../machines/messages.ts';
import { BatchRows } from '../../src/batch-rows.ts';
import { answerInside } from '../../src/service.ts';
import type { CommandTo } from '../../src/shop/services.ts';
import { shop } from '../../src/shop/shop.ts';
import { toProduct, toProductKey, toReservationKey } from '../../src/shop/stock.ts';
import { createWarehouse } from '../../src/shop/warehouse.ts';
import { describeService, toCall } from '../contracts/service.ts';

/** The rows of a shop with so much on hand. `changes` counts what orders did, by the ledger. */
const createShelf = (onHand: Readonly<Record<string, number>>) => {
  const batch = new BatchRows();
  const rows = batch.forOrder();
  const products = Object.entries(onHand).map(
    ([productId, count]) =>
      [
        toProductKey(productId),
        {
          productId,
          name: productId,
          unitPrice: 5000,
          currency: 'USD',
          onHand: count,
          held: 0,
          sold: 0,
          available: count,
        },
      ] as const,
  );
  const others = [toProductKey('ghost'), toReservationKey('order-1'), toReservationKey('order-2')];
  batch.add([...products.map(([key]) => key), ...others], new Map(products));
  return {
    rows,
    reservation: (orderId: string) => rows.get(toReservationKey(orderId)),
    changes: () => {
      rows.keep();
      return new Set(batch.toChanges().appended.map(({ row }) => `${row['orderId']} ${row['why']}`)).size;
    },
    product: (productId: string) => toProduct(rows.get(toProductKey(productId))),
  };
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
  const shelf = createShelf(onHand);
  const warehouse = createWarehouse();
  const ask = (command: CommandTo<'warehouse'>, orderId = 'order-1') =>
    answerInside(shop.messages, warehouse, toCall('warehouse', command, { orderId }), shelf.rows);
  return { ...shelf, warehouse, ask };
};

describeService('the built-in warehouse', async () => {
  const { warehouse, rows, changes } = open();
  const lines = [line('laptop', 2), line('mouse', 1)];
  return {
    name: 'warehouse',
    calls: [check(...lines), reserve(...lines), commit].map((command) => toCall('warehouse', command)),
    ask: async (call) => answerInside(shop.messages, warehouse, call, rows),
    effects: async () => changes(),
  };
});

describe('a check', () => {
  it('finds no problem when every line can be had at its price', () => {
    const { ask } = open();
    expect(ask(check(line('laptop', 10), line('mouse', 5)))).toMatchObject({ problems: [] });
  });

  it('names every problem of every line in one answer', () => {
    const { ask } = open();
    const lines = [
      line('mouse', 6),
      line('laptop', 1, { unitPrice: 4999 }),
      line('laptop', 1, { currency: 'EUR' }),
      line('ghost', 1),
      line('ghost', 2),
    ];
    expect(ask(check(...lines))).toEqual({
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

  it('sums the lines of a product before it compares, and says so once', () => {
    const { ask } = open();
    expect(ask(check(line('mouse', 3), line('laptop', 1), line('mouse', 3)))).toMatchObject({
      problems: [{ productId: 'mouse', kind: 'insufficient-stock', requested: 6, available: 5 }],
    });
  });

  it('counts what other orders have reserved as not available', () => {
    const { ask } = open();
    ask(reserve(line('mouse', 3)), 'order-2');
    expect(ask(check(line('mouse', 3)))).toMatchObject({ problems: [{ requested: 3, available: 2 }] });
  });

  it('reserves nothing', () => {
    const { ask, changes } = open();
    ask(check(line('laptop', 2)));
    expect(changes()).toBe(0);
  });
});

describe('a reservation', () => {
  it('keeps the summed lines and ends when its time has passed since the decision', () => {
    const { ask, reservation } = open();
    const reply = ask(reserve(line('mouse', 2), line('laptop', 1), line('mouse', 1)));
    expect(reply.type).toBe('warehouse.reserved');
    expect(reservation('order-1')).toMatchObject({
      status: 'held',
      shares: [
        { productId: 'mouse', quantity: 3 },
        { productId: 'laptop', quantity: 1 },
      ],
      expiresAt: Date.UTC(2026, 0, 1) + 900_000,
    });
  });

  it('takes no line when another one is short, and names the true available', () => {
    const { ask, changes, product } = open();
    expect(ask(reserve(line('laptop', 1), line('mouse', 3), line('mouse', 3), line('ghost', 1)))).toEqual({
      type: 'warehouse.insufficient',
      key: 'reserve',
      attempt: 1,
      problems: [
        { productId: 'mouse', kind: 'insufficient-stock', requested: 6, available: 5 },
        { productId: 'ghost', kind: 'insufficient-stock', requested: 1, available: 0 },
      ],
    });
    expect(changes()).toBe(0);
    expect(product('laptop')?.held).toBe(0);
  });

  it('is refused for an order whose reservation has ended', () => {
    const { ask, product } = open();
    ask(reserve(line('mouse', 1)));
    ask(release);
    expect(ask(reserve(line('mouse', 1)))).toMatchObject({
      type: 'warehouse.refused',
      reason: 'reservation-ended',
    });
    expect(product('mouse')?.held).toBe(0);
  });
});

describe('a release', () => {
  it('gives back what the order holds, and nothing of another order', () => {
    const { ask, product } = open();
    ask(reserve(line('mouse', 1)));
    ask(reserve(line('mouse', 2)), 'order-2');
    expect(ask(release).type).toBe('warehouse.released');
    expect(product('mouse')).toMatchObject({ held: 2, available: 3 });
  });

  it('of nothing is answered and changes nothing', () => {
    const { ask, changes } = open();
    expect(ask(release).type).toBe('warehouse.released');
    expect(changes()).toBe(0);
  });

  it('of what was sold is refused, and it stays sold', () => {
    const { ask, product } = open();
    ask(reserve(line('mouse', 1)));
    ask(commit);
    expect(ask(release)).toMatchObject({ type: 'warehouse.refused', reason: 'already-committed' });
    expect(product('mouse')).toMatchObject({ onHand: 4, sold: 1 });
  });
});

describe('a commit', () => {
  it('sells what the order holds, once', () => {
    const { ask, product } = open();
    ask(reserve(line('mouse', 2)));
    expect(ask(commit).type).toBe('warehouse.committed');
    expect(ask(commit).type).toBe('warehouse.committed');
    expect(product('mouse')).toMatchObject({ onHand: 3, held: 0, sold: 2 });
  });

  it('of what is not held is refused and sells nothing', () => {
    const { ask, product } = open();
    expect(ask(commit)).toMatchObject({ type: 'warehouse.refused', reason: 'not-reserved' });
    ask(reserve(line('mouse', 2)));
    ask(release);
    expect(ask(commit)).toMatchObject({ type: 'warehouse.refused', reason: 'not-reserved' });
    expect(product('mouse')).toMatchObject({ onHand: 5, sold: 0 });
  });
});
