// The shop's tables in PostgreSQL, where several nodes change them at once. Counts of products are changed by differences, and a
// constraint refuses what would sell more than there is; everything else is changed only if it is still what the decision saw.
// It decides nothing (stock.ts does), and runs no statement (the store does).
import { readFileSync } from 'node:fs';
import type { PostgresStatement, PostgresTables, Row, RowChange } from '../application.ts';
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
import { listRows, readRows, sql } from './stock-postgres-reads.ts';
import { idsOf, productColumns } from './stock-rows.ts';

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

const writeProducts = (changes: readonly Change<Product>[]): PostgresStatement[] => {
  if (changes.length === 0) return [];
  const isDescribed = ({ before, after }: Change<Product>) => before?.revision !== after.revision;
  const counted = changes.filter((change) => !isDescribed(change));
  const lock = 'SELECT 1 FROM products WHERE product_id = ANY ($1) ORDER BY product_id FOR NO KEY UPDATE';
  const add = `WITH changed AS (
      UPDATE products SET on_hand = on_hand + d_on_hand, held = held + d_held, sold = sold + d_sold
      FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS given (id, d_on_hand, d_held, d_sold)
      WHERE product_id = id RETURNING 1)
    SELECT require_rows((SELECT count(*) FROM changed), $5, 'a product')`;
  const toDifferences = (change: Change<Product>) => {
    const { onHand, held, sold } = differenceOf(change);
    return [change.id, onHand, held, sold];
  };
  return [
    sql(lock, [changes.map(({ id }) => id)]),
    ...(counted.length === 0 ? [] : [sql(add, [...columnsOf(counted, toDifferences), counted.length])]),
    ...changes.filter(isDescribed).map(writeDescription),
  ];
};

const writeDescription = (change: Change<Product>): PostgresStatement => {
  const { id, before, after } = change;
  const { name, unitPrice, currency, onSale, revision } = after;
  const { onHand, held, sold } = differenceOf(change);
  const values = [id, name, unitPrice, currency, Number(onSale), revision, onHand, held, sold];
  if (before === undefined) {
    return sql(
      `INSERT INTO products (${productColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values,
    );
  }
  return sql(
    `WITH changed AS (
       UPDATE products SET name = $2, unit_price = $3, currency = $4, on_sale = $5, revision = $6,
         on_hand = on_hand + $7, held = held + $8, sold = sold + $9
       WHERE product_id = $1 AND revision = $10 RETURNING 1)
     SELECT require_rows((SELECT count(*) FROM changed), 1, 'a product')`,
    [...values, before.revision],
  );
};

const writeReservations = (changes: readonly Change<Reservation>[]): PostgresStatement[] => {
  const made = changes.filter(({ before }) => before === undefined).map(({ after }) => after);
  const ended = changes.filter(({ before }) => before !== undefined).map(({ after }) => after);
  const shares = made.flatMap((each) => each.shares.map((share) => ({ ...share, orderId: each.orderId })));
  return [
    ...(made.length === 0
      ? []
      : [
          sql(
            `INSERT INTO reservations (order_id, status, expires_at, held_at, ended_at)
             SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])`,
            columnsOf(made, (each) => [
              ...[each.orderId, each.status, each.expiresAt, each.heldAt, each.endedAt],
            ]),
          ),
        ]),
    ...(shares.length === 0
      ? []
      : [
          sql(
            `INSERT INTO shares (order_id, product_id, quantity)
             SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])`,
            columnsOf(shares, ({ orderId, productId, quantity }) => [orderId, productId, quantity]),
          ),
        ]),
    ...(ended.length === 0
      ? []
      : [
          sql(
            `WITH changed AS (
               UPDATE reservations SET status = given.status, ended_at = given.ended_at
               FROM unnest($1::text[], $2::text[], $3::bigint[]) AS given (order_id, status, ended_at)
               WHERE reservations.order_id = given.order_id AND reservations.status = 'held' RETURNING 1)
             SELECT require_rows((SELECT count(*) FROM changed), $4, 'a reservation')`,
            [...columnsOf(ended, (each) => [each.orderId, each.status, each.endedAt]), ended.length],
          ),
        ]),
  ];
};

const writeRefundTotal = ({ id, before, after }: Change<number>): PostgresStatement =>
  before === undefined
    ? sql('INSERT INTO refund_totals (id, amount) VALUES ($1, $2)', [id, after])
    : sql(
        `WITH changed AS (UPDATE refund_totals SET amount = $2 WHERE id = $1 AND amount = $3 RETURNING 1)
         SELECT require_rows((SELECT count(*) FROM changed), 1, 'a refund total')`,
        [id, after, before],
      );

const writeReference = ({ id, before, after }: Change<string>): PostgresStatement =>
  before === undefined
    ? sql('INSERT INTO order_references (id, order_id) VALUES ($1, $2)', [id, after])
    : sql(
        `WITH changed AS (UPDATE order_references SET order_id = $2 WHERE id = $1 AND order_id = $3 RETURNING 1)
         SELECT require_rows((SELECT count(*) FROM changed), 1, 'a reference')`,
        [id, after, before],
      );

const isLedgerRow = (row: Row): row is Row & LedgerRow => 'why' in row;

const writeLedger = (rows: readonly LedgerRow[]): PostgresStatement[] =>
  rows.length === 0
    ? []
    : [
        sql(
          `INSERT INTO stock_ledger (product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason)
           SELECT product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[],
               $9::text[]) WITH ORDINALITY
             AS given (product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason, place) ORDER BY place`,
          columnsOf(rows, (row) => [
            ...[row.productId, row.orderId, row.onHand, row.held, row.sold, row.why, row.at],
            ...[row.who ?? null, row.reason ?? null],
          ]),
        ),
      ];

const toTotal = (row: Row | undefined): number | undefined =>
  row === undefined ? undefined : readRefundTotal(row);

const write: PostgresTables['write'] = ({ changed, appended }) => [
  ...changesOf(changed, refundTable, toTotal).map(writeRefundTotal),
  ...changesOf(changed, referenceTable, readReference).map(writeReference),
  // A note is made once, and never changed.
  ...changesOf(changed, providerTable, readProviderNote).map(({ after }) =>
    sql('INSERT INTO providers (name, takes_unnamed) VALUES ($1, $2)', [
      after.name,
      Number(after.takesUnnamed),
    ]),
  ),
  ...writeReservations(changesOf(changed, stockTables.reservations, toReservation)),
  ...writeLedger(appended.flatMap(({ row }) => (isLedgerRow(row) ? [row] : []))),
  // Last, as these rows are what others wait for.
  ...writeProducts(changesOf(changed, stockTables.products, toProduct)),
];

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
