// Fills a store with settled orders as fast as a file can be written: a few are really run, and their rows are
// copied in SQL under new ids. The copies are whole (every table, every id), so that the store works on them as
// on its own; only their times are those of the originals.
import { DatabaseSync } from 'node:sqlite';
import type { RawFigures } from './figures.ts';
import { keepInFlight } from './in-flight.ts';
import { openShop, placeAndSettle, sampleOrder } from './shop.ts';
import type { TaskOf } from './tasks.ts';

const originals = 1000;

const columnsOf = (connection: DatabaseSync, table: string): readonly string[] =>
  connection
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(({ name }) => String(name));

/** Numbered by the file itself, anew for each copy. */
const drawn = new Set(['sequence', 'seq']);

/** A copy's events come behind those of the copies before it, and rows without events before them. */
const position = 'row.position + iif(row.position > 0, :last, :first) * :number';

/** A value with the new id instead of the old one. Packed systems do not have it. */
const toValue = (column: string): string => {
  if (column === 'position') return position;
  return /_at$|^at$|version|settled|incident$|quantity|^d_|last_seq|^packed$/.test(column)
    ? `row.${column}`
    : `replace(row.${column}, row.order_id, :copy || substr(row.order_id, 9))`;
};

/** Copies every row that belongs to an order of the original ones; `copy` (8 hex digits) starts the new id. */
const toCopy = (connection: DatabaseSync, table: string): string => {
  const columns = columnsOf(connection, table).filter((name) => !drawn.has(name));
  return `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${columns.map(toValue).join(', ')}
    FROM original.${table} AS row WHERE row.order_id IS NOT NULL ORDER BY row.order_id`;
};

const tables = ['orders', 'history', 'reservations', 'shares', 'stock_ledger'];

/** Adds what the copies sold to what the products say. */
const addCounts = `UPDATE products SET
  sold = sold + :copies * (SELECT coalesce(sum(d_sold), 0) FROM original.stock_ledger AS row
    WHERE row.product_id = products.product_id AND row.order_id IS NOT NULL),
  on_hand = on_hand + :copies * (SELECT coalesce(sum(d_on_hand), 0) FROM original.stock_ledger AS row
    WHERE row.product_id = products.product_id AND row.order_id IS NOT NULL)`;

export const fill = ({ path, orders }: TaskOf<'fill'>): Promise<RawFigures> =>
  fillFrom(runOriginals, path, orders);

/** Makes a store with a catalogue and so many settled orders. */
type RunOriginals = (path: string, orders: number) => Promise<void>;

const runOriginals: RunOriginals = async (path, orders) => {
  const shop = await openShop({ path });
  if (orders > 0) await keepInFlight(64, orders, () => placeAndSettle(shop, sampleOrder));
  await shop.close();
};

/** Fills the file at `path` with copies of orders that `run` makes. */
export const fillFrom = async (run: RunOriginals, path: string, orders: number): Promise<RawFigures> => {
  await run(path, 0);
  await run(`${path}.original`, originals);
  const connection = new DatabaseSync(path);
  connection.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  connection.prepare('ATTACH ? AS original').run(`${path}.original`);
  const copies = Math.ceil(orders / originals);
  connection.exec('BEGIN');
  const statements = tables.map((table) => connection.prepare(toCopy(connection, table)));
  const ends = connection
    .prepare('SELECT max(position) AS last, min(position) AS first FROM original.history')
    .get();
  const places = { last: Number(ends?.['last']), first: Number(ends?.['first']) };
  for (let copy = 0; copy < copies; copy += 1) {
    // The first digits of an id are its time: the copies are older than whatever comes.
    const start = (0x01000000 + copy * 16).toString(16).padStart(8, '0');
    for (const [index, statement] of statements.entries()) {
      statement.run(
        tables[index] === 'history' ? { copy: start, number: copy + 1, ...places } : { copy: start },
      );
    }
  }
  connection.exec('INSERT OR IGNORE INTO common_values SELECT * FROM original.common_values');
  connection.prepare(addCounts).run({ copies });
  connection.exec('COMMIT');
  connection.exec('PRAGMA journal_mode = WAL');
  const count = connection.prepare('SELECT count(*) AS number FROM orders').get();
  connection.close();
  return { orders: Number(count?.['number']) };
};
