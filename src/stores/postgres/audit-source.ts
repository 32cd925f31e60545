// A PostgreSQL store as an audit source: one consistent picture of it, taken without stopping a node. It never writes, locks
// nothing, and never refuses a row because of its content.
import type { AuditSource, Fields } from '../../audit-source.ts';
import { AppError } from '../../errors.ts';
import { maskAddress } from '../../store-address.ts';
import { toKeyRow } from '../audit-rows.ts';
import { whole } from '../rows.ts';
import { readLatestRecords, readOrderRecords } from './audit-order-records.ts';
import { describeFailure, openPicture } from './picture.ts';
import type { PostgresApplication } from './statement.ts';
import { checkStorage } from './storage.ts';

const keysText = `SELECT scope, key, fingerprint, idempotency.order_id, status,
    (orders.order_id IS NOT NULL)::int AS order_exists, (strpos(body, idempotency.order_id) > 0)::int AS names_order
  FROM idempotency LEFT JOIN orders USING (order_id) ORDER BY scope, key`;

/**
 * Opens the store at `url` for reading alone. `now` (ms since 1970) is noted as the time of the picture.
 * @throws AppError `invalid-setting` when there is none that this program can read.
 */
export const openPostgresAuditSource = async (
  url: string,
  application: PostgresApplication,
  now: number,
): Promise<AuditSource> => {
  const picture = await openPicture(url, application);
  const { query, pages, close } = picture;
  const { ofOrders = {}, tables = {} } = application.tables?.audit ?? {};
  const toUnreadable = (error: unknown): unknown =>
    error instanceof AppError
      ? error
      : new AppError(
          'store-unavailable',
          `${maskAddress(url)} cannot be read further: ${describeFailure(error)}`,
        );
  const guarded = async function* <T>(items: AsyncIterable<T>): AsyncIterable<T> {
    try {
      yield* items;
    } catch (error) {
      throw toUnreadable(error);
    }
  };
  const convert = async function* <T>(
    text: string,
    toItem: (row: Awaited<ReturnType<typeof query>>[number]) => T,
  ) {
    for await (const page of pages(text)) yield page.map(toItem);
  };
  return {
    takenAt: now,
    orderCount: async () => {
      try {
        const [row] = await query('SELECT count(*) AS number FROM orders');
        return whole(row ?? {}, 'number');
      } catch (error) {
        throw toUnreadable(error);
      }
    },
    storage: () => guarded(checkStorage(picture, application)),
    orders: () => guarded(readOrderRecords(picture, ofOrders)),
    latest: (wanted) => guarded(readLatestRecords(picture, wanted)),
    table: (name) => {
      const text = tables[name];
      if (text === undefined) throw new Error(`the application names no table '${name}' for audits`);
      return guarded(convert(text, (row): Fields => row));
    },
    idempotencyKeys: () => guarded(convert(keysText, toKeyRow)),
    close,
  };
};
