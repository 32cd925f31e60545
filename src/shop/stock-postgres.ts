// The shop's tables in PostgreSQL, where several nodes change them at once. Counts of products are changed by differences, and a
// constraint refuses what would sell more than there is; everything else is changed only if it is still what the decision saw.
// It decides nothing (stock.ts does), and runs no statement (the store does).
import { readFileSync } from 'node:fs';
import type { PostgresCall, PostgresTables, Row, RowChange } from '../application.ts';
import { readReference, referenceTable } from './order-references.ts';
import { providerTable, readProviderNote } from './providers.ts';
import { readRefundTotal, refundTable } from './refund-totals.ts';
import {
  type LedgerRow,
  type Product,
  type Reservation,
  stockTables,
  toProduct,
  toReservation,
} from './stock.ts';
import { listRows, readRows } from './stock-postgres-reads.ts';
import { idsOf } from './stock-rows.ts';

interface Change<T> {
  readonly id: string;
  readonly before: T | undefined;
  readonly after: T;
}

/** The changes of one table, by id: rows that several nodes change are always taken in this order. */
const changesOf = <T>(
  changed: readonly RowChange[],
  table: string,
  toValue: (row: Row | undefined) => T | undefined,
): readonly Change<T>[] =>
  changed
    .flatMap(({ key, before, after }) => {
      const [id] = idsOf([key], table);
      const value = id === undefined ? undefined : toValue(after);
      return id === undefined || value === undefined ? [] : [{ id, before: toValue(before), after: value }];
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1));

const columnsOf = <T>(rows: readonly T[], toValues: (row: T) => readonly (string | number | null)[]) => {
  const columns: (string | number | null)[][] = [];
  for (const row of rows) {
    for (const [place, value] of toValues(row).entries()) {
      columns[place] ??= [];
      columns[place].push(value);
    }
  }
  return columns;
};

/** What a change adds to the counts of a product. */
const differenceOf = ({ before, after }: Change<Product>) => ({
  onHand: after.onHand - (before?.onHand ?? 0),
  held: after.held - (before?.held ?? 0),
  sold: after.sold - (before?.sold ?? 0),
});

const call = (name: string, values: PostgresCall['values']): PostgresCall => ({ function: name, values });

const countProducts = (changes: readonly Change<Product>[]): PostgresCall[] => {
  const counted = changes.filter(({ before, after }) => before?.revision === after.revision);
  if (counted.length === 0) return [];
  const toDifferences = (change: Change<Product>) => {
    const { onHand, held, sold } = differenceOf(change);
    return [change.id, change.after.revision, onHand, held, sold];
  };
  return [call('count_products', columnsOf(counted, toDifferences))];
};

const describeProducts = (changes: readonly Change<Product>[]): PostgresCall[] =>
  changes.flatMap((change) => {
    const { id, before, after } = change;
    if (before?.revision === after.revision) return [];
    const { name, unitPrice, currency, onSale, revision } = after;
    const { onHand, held, sold } = differenceOf(change);
    const said = [id, name, unitPrice, currency, Number(onSale), revision];
    return [call('describe_product', [...said, onHand, held, sold, before?.revision ?? null])];
  });

const writeReservations = (changes: readonly Change<Reservation>[]): PostgresCall[] => {
  const made = changes.filter(({ before }) => before === undefined).map(({ after }) => after);
  const ended = changes.filter(({ before }) => before !== undefined).map(({ after }) => after);
  const shares = made.flatMap((each) => each.shares.map((share) => ({ ...share, orderId: each.orderId })));
  const calls: PostgresCall[] = [];
  if (made.length > 0) {
    const toValues = (each: Reservation) => [
      each.orderId,
      each.status,
      each.expiresAt,
      each.heldAt,
      each.endedAt,
    ];
    const ofOrders = columnsOf(shares, ({ orderId, productId, quantity }) => [orderId, productId, quantity]);
    calls.push(call('add_reservations', [...columnsOf(made, toValues), ...ofOrders]));
  }
  if (ended.length > 0) {
    const columns = columnsOf(ended, (each) => [each.orderId, each.status, each.endedAt]);
    calls.push(call('end_reservations', columns));
  }
  return calls;
};

const isLedgerRow = (row: Row): row is Row & LedgerRow => 'why' in row;

const writeLedger = (rows: readonly LedgerRow[]): PostgresCall[] => {
  if (rows.length === 0) return [];
  const toValues = (row: LedgerRow) => [
    ...[row.productId, row.orderId, row.onHand, row.held, row.sold, row.why, row.at],
    ...[row.who ?? null, row.reason ?? null],
  ];
  return [call('add_to_ledger', columnsOf(rows, toValues))];
};

const toTotal = (row: Row | undefined): number | undefined =>
  row === undefined ? undefined : readRefundTotal(row);

const write: PostgresTables['write'] = ({ changed, appended }) => {
  const products = changesOf(changed, stockTables.products, toProduct);
  return [
    ...changesOf(changed, refundTable, toTotal).map(({ id, before, after }) =>
      call('total_refunds', [id, after, before ?? null]),
    ),
    ...changesOf(changed, referenceTable, readReference).map(({ id, before, after }) =>
      call('name_order', [id, after, before ?? null]),
    ),
    ...changesOf(changed, providerTable, readProviderNote).map(({ after }) =>
      call('note_provider', [after.name, Number(after.takesUnnamed)]),
    ),
    ...writeReservations(changesOf(changed, stockTables.reservations, toReservation)),
    ...writeLedger(appended.flatMap(({ row }) => (isLedgerRow(row) ? [row] : []))),
    // Last, as these rows are what others wait for.
    ...describeProducts(products),
    ...countProducts(products),
  ];
};

/** The counts of a product as they are with what the change adds; all else as the change says. */
const merge: PostgresTables['merge'] = (change, current) => {
  const [before, after, now] = [change.before, change.after, current].map(toProduct);
  if (before === undefined || after === undefined || now === undefined) return change.after;
  const { onHand, held, sold } = differenceOf({ id: after.productId, before, after });
  const counts = { onHand: now.onHand + onHand, held: now.held + held, sold: now.sold + sold };
  const described = before.revision === after.revision ? now : after;
  return { ...described, ...counts, available: counts.onHand - counts.held };
};

/** In their order; a released one never changes. */
const migrations = ['0001-stock.sql'].map((file) =>
  readFileSync(new URL(`./migrations-postgres/${file}`, import.meta.url), 'utf8'),
);

export const postgresStock: PostgresTables = {
  ...{ migrations, write, merge },
  read: readRows,
  list: listRows,
  contended: [
    ...['products_pkey', 'products_cover_what_is_held', 'reservations_pkey'],
    ...['refund_totals_pkey', 'order_references_pkey', 'providers_pkey'],
  ],
};
