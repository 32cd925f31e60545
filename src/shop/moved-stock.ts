// The shop's tables as they are moved from one store to another. Their columns are alike in SQLite and in PostgreSQL.
import type { MovedTable } from '../application.ts';

/** In an order in which none refers to a later one. */
export const movedStock: readonly MovedTable[] = [
  {
    name: 'products',
    columns: [
      ...['product_id', 'name', 'unit_price', 'currency', 'on_hand', 'held', 'sold'],
      ...['revision', 'on_sale'],
    ],
    key: ['product_id'],
  },
  {
    name: 'reservations',
    columns: ['order_id', 'status', 'expires_at', 'held_at', 'ended_at'],
    key: ['order_id'],
  },
  { name: 'shares', columns: ['order_id', 'product_id', 'quantity'], key: ['order_id', 'product_id'] },
  {
    name: 'stock_ledger',
    columns: [
      ...['seq', 'product_id', 'order_id', 'd_on_hand', 'd_held', 'd_sold', 'why', 'at'],
      ...['who', 'reason'],
    ],
    key: ['seq'],
  },
  { name: 'refund_totals', columns: ['id', 'amount'], key: ['id'] },
  { name: 'order_references', columns: ['id', 'order_id'], key: ['id'] },
  { name: 'providers', columns: ['name', 'takes_unnamed'], key: ['name'] },
];
