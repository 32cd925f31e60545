// Everything that PostgreSQL holds of each order, side by side: sorted cursors merged by order id, so that an order with a
// missing row, and a row with a missing order, are both found. Memory does not grow with the number of orders.
import { compareIds, type Fields, type LatestOrders, type OrderRecords } from '../../audit-source.ts';
import { createToHistory, type History, joinHistory, toCallRow, toOrderRow } from '../audit-rows.ts';
import { type Row, text } from '../rows.ts';
import type { Picture } from './picture.ts';

/** No value of a message is kept apart here. */
const toHistory = createToHistory(() => null);

/** Rows that are sorted by order id, read a page at a time. */
class SortedRows<T> {
  readonly #pages: AsyncIterator<readonly Row[]>;
  readonly #convert: (row: Row) => T;
  #page: readonly Row[] = [];
  #next = 0;

  constructor(pages: AsyncIterable<readonly Row[]>, convert: (row: Row) => T) {
    this.#pages = pages[Symbol.asyncIterator]();
    this.#convert = convert;
  }

  /** The order of the next row; undefined at the end. To be asked after `start` or `take`. */
  get orderId(): string | undefined {
    const row = this.#page[this.#next];
    return row && text(row, 'order_id');
  }

  async start(): Promise<void> {
    const { done, value } = await this.#pages.next();
    this.#page = done ? [] : value;
    this.#next = 0;
  }

  /** The rows of this order, if they come next. */
  async take(orderId: string): Promise<readonly T[]> {
    const taken: T[] = [];
    for (;;) {
      const row = this.#page[this.#next];
      if (row === undefined || text(row, 'order_id') !== orderId) return taken;
      taken.push(this.#convert(row));
      this.#next += 1;
      if (this.#next === this.#page.length) await this.start();
    }
  }
}

const findFirst = (sorted: readonly SortedRows<unknown>[]): string | undefined =>
  sorted
    .flatMap(({ orderId }) => orderId ?? [])
    .reduce<string | undefined>(
      (first, id) => (first === undefined || compareIds(id, first) < 0 ? id : first),
      undefined,
    );

const ordersAtATime = 200;

/** Records by order id. `statements` are the application's. */
export const readOrderRecords = async function* (
  { pages }: Picture,
  statements: Readonly<Record<string, string>>,
): AsyncIterable<readonly OrderRecords[]> {
  const orders = new SortedRows(pages('SELECT * FROM orders ORDER BY order_id'), toOrderRow);
  const history = new SortedRows(
    pages('SELECT * FROM history ORDER BY order_id, version, last_seq'),
    toHistory,
  );
  const calls = new SortedRows(pages('SELECT * FROM calls ORDER BY order_id, sequence'), toCallRow);
  const others = Object.entries(statements).map(
    ([name, sql]) => [name, new SortedRows(pages(sql), (row): Fields => row)] as const,
  );
  const all = [orders, history, calls, ...others.map(([, rows]) => rows)];
  for (const rows of all) await rows.start();
  const readOrder = async (orderId: string): Promise<OrderRecords> => {
    const [order] = await orders.take(orderId);
    const ofHistory = await history.take(orderId);
    const rows: Record<string, readonly Fields[]> = {};
    for (const [name, sorted] of others) rows[name] = await sorted.take(orderId);
    const ofCalls = await calls.take(orderId);
    return { orderId, ...(order && { order }), ...joinHistory(ofHistory), calls: ofCalls, rows };
  };
  let page: OrderRecords[] = [];
  for (let orderId = findFirst(all); orderId !== undefined; orderId = findFirst(all)) {
    page.push(await readOrder(orderId));
    if (page.length < ordersAtATime) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
};

const byOrder = <T>(rows: readonly Row[], convert: (row: Row) => T): ReadonlyMap<string, readonly T[]> =>
  new Map(
    [...Map.groupBy(rows, (row) => text(row, 'order_id'))].map(
      ([id, own]) => [id, own.map(convert)] as const,
    ),
  );

/** Records of the newest orders. */
export const readLatestRecords = async function* (
  { pages, query }: Picture,
  { limit, chartVersion }: LatestOrders,
): AsyncIterable<OrderRecords> {
  const ofVersion = chartVersion === undefined ? '' : 'WHERE chart_version = $2';
  const newest = `SELECT * FROM orders ${ofVersion} ORDER BY created_at DESC, order_id DESC LIMIT $1`;
  const values = chartVersion === undefined ? [limit] : [limit, chartVersion];
  for await (const page of pages(newest, values)) {
    const orders = page.map(toOrderRow);
    const ids = orders.map(({ orderId }) => orderId);
    const read = <T>(table: string, sort: string, convert: (row: Row) => T) =>
      query(`SELECT * FROM ${table} WHERE order_id = ANY ($1) ORDER BY ${sort}`, [ids]).then((rows) =>
        byOrder(rows, convert),
      );
    const history: ReadonlyMap<string, readonly History[]> = await read(
      'history',
      'order_id, version, last_seq',
      toHistory,
    );
    const calls = await read('calls', 'order_id, sequence', toCallRow);
    for (const order of orders) {
      const { orderId } = order;
      yield {
        ...{ orderId, order, rows: {} },
        ...joinHistory(history.get(orderId) ?? []),
        calls: calls.get(orderId) ?? [],
      };
    }
  }
};
