// The small changes of the SQLite file beside the commit: leases of calls, orders set aside, products,
// answers of idempotency keys. Each is one transaction. It never writes an order's system or history.
import type { Call, Product, ProductSetting, Store } from '../store.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import { toCall, whole } from './sqlite-rows.ts';
import { createStockRows } from './sqlite-stock.ts';
import type { Transact } from './sqlite-transactions.ts';
import { setProduct } from './stock.ts';

const claimable = `lease_until <= ? AND order_id NOT IN (SELECT order_id FROM orders WHERE unreadable IS NOT NULL)`;

export const createCallChanges = ({ writer, reader }: OpenDatabase, transact: Transact) => {
  const anyClaimable = reader.prepare(`SELECT 1 FROM calls WHERE ${claimable} LIMIT 1`);
  const claim = writer.prepare(
    `UPDATE calls SET lease_owner = ?, lease_until = ?
     WHERE sequence IN (SELECT sequence FROM calls WHERE ${claimable} ORDER BY sequence LIMIT ?) RETURNING *`,
  );
  const giveBack = writer.prepare(
    `UPDATE calls SET lease_owner = '', lease_until = 0
     WHERE lease_owner = ? AND call_id IN (SELECT value FROM json_each(?))`,
  );
  const giveAllBack = writer.prepare(
    `UPDATE calls SET lease_owner = '', lease_until = 0 WHERE lease_until <> 0`,
  );

  return {
    claimCalls: async ({
      owner,
      now,
      until,
      limit,
    }: Parameters<Store['claimCalls']>[0]): Promise<readonly Call[]> => {
      // Asked again and again while there is nothing to do: that must not cost a durable transaction.
      if (anyClaimable.get(now) === undefined) return [];
      const rows = await transact(() => claim.all(owner, until, now, limit));
      return rows.sort((one, other) => whole(one, 'sequence') - whole(other, 'sequence')).map(toCall);
    },
    returnCalls: async (owner: string, callIds: readonly string[]): Promise<void> => {
      if (callIds.length === 0) return;
      await transact(() => giveBack.run(owner, JSON.stringify(callIds)));
    },
    returnAllCalls: async (): Promise<void> => {
      await transact(() => giveAllBack.run());
    },
  };
};

export const createOrderChanges = ({ writer }: OpenDatabase, transact: Transact) => {
  const mark = writer.prepare('UPDATE orders SET unreadable = ? WHERE order_id = ?');
  const clear = writer.prepare('UPDATE orders SET unreadable = NULL WHERE unreadable IS NOT NULL');
  const answer = writer.prepare('UPDATE idempotency SET status = ?, body = ? WHERE scope = ? AND key = ?');
  const version = writer.prepare('PRAGMA user_version');

  return {
    markUnreadable: async (orderId: string, reason: string): Promise<void> => {
      await transact(() => mark.run(reason, orderId));
    },
    clearUnreadable: async (): Promise<void> => {
      await transact(() => clear.run());
    },
    updateIdempotencyAnswer: async (
      scope: string,
      key: string,
      status: number,
      body: string,
    ): Promise<void> => {
      await transact(() => answer.run(status, body, scope, key));
    },
    /** Writes the schema's version over itself: the smallest change that has to reach the disk. */
    check: async (): Promise<void> => {
      await transact(() =>
        writer.exec(`PRAGMA user_version = ${whole(version.get() ?? {}, 'user_version')}`),
      );
    },
  };
};

export const createCatalogueChanges = ({ writer }: OpenDatabase, transact: Transact) => {
  const rows = createStockRows(writer);
  const transactStock: Transact = (task) =>
    transact(async () => {
      rows.forget();
      const result = await task();
      rows.flush();
      return result;
    });
  const anyProduct = writer.prepare('SELECT product_id FROM products LIMIT 1');

  return {
    putProduct: (productId: string, setting: ProductSetting, at: number): Promise<Product> =>
      transactStock(() => setProduct(rows, productId, setting, { why: 'set', at })),
    seedProducts: (
      products: readonly (ProductSetting & { readonly productId: string })[],
      at: number,
    ): Promise<boolean> =>
      transactStock(() => {
        if (anyProduct.get() !== undefined) return false;
        for (const product of products) setProduct(rows, product.productId, product, { why: 'seeded', at });
        return true;
      }),
  };
};
