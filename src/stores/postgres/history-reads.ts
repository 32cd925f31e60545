// Reads of the history in PostgreSQL: messages of an order, domain events in the order of the journal, and its epochs. Rows that
// cannot hold what is asked for are left out in SQL; what a row holds beside it is left out here.
import type { Epoch, EventFilter, JournalEvent, Received, Restored } from '../../store.ts';
import { requireEvent, requireReceived, toEvents, toMessages } from '../history-entries.ts';
import { toEpoch, whole } from '../rows.ts';
import type { PostgresDatabase } from './open.ts';
import { Conditions } from './order-reads.ts';
import { type Result, sql } from './statement.ts';

/** Rows that are read at a time: most have several events. */
const rowsAtATime = 256;
/** No value of a message is kept apart here. */
const readCommon = (): null => null;

const toConditions = ({ orderId, types, owner, upTo }: EventFilter, behind: number): Conditions => {
  const conditions = new Conditions().add('position > ?', behind);
  // The row in which `upTo` lies is the last one that is read.
  if (upTo !== undefined) {
    const last = 'SELECT position FROM history WHERE position >= ? ORDER BY position LIMIT 1';
    conditions.add(`position <= coalesce((${last}), ?)`, upTo, upTo);
  }
  if (orderId !== undefined) conditions.add('order_id = ?', orderId);
  // Types are searched as text: that is quicker than reading the JSON of each row.
  if (types !== undefined) {
    const named = types.map((type) => JSON.stringify(type));
    conditions.add('EXISTS (SELECT 1 FROM unnest(?::text[]) AS type WHERE strpos(events, type) > 0)', named);
  }
  if (owner !== undefined) {
    const ofOwner = 'SELECT 1 FROM orders WHERE orders.order_id = history.order_id AND owner = ?';
    conditions.add(`EXISTS (${ofOwner})`, owner);
  }
  return conditions;
};

export const createHistoryReads = ({ run }: PostgresDatabase) => {
  const readEvents = async (filter: EventFilter, behind: number, most: number): Promise<Result['rows']> => {
    const conditions = toConditions(filter, behind);
    // Within one order both give the same order, and its index is sorted by `version` and `last_seq`.
    const order = filter.orderId === undefined ? 'position' : 'version, last_seq';
    const limit = conditions.bind(most);
    const page = `SELECT * FROM history ${conditions} ORDER BY ${order} LIMIT ${limit}`;
    return (await run(sql(page, conditions.values))).rows;
  };
  return {
    received: async (orderId: string, after: number, limit: number): Promise<readonly Received[]> => {
      const page =
        'SELECT * FROM history WHERE order_id = $1 AND version > $2 ORDER BY version, last_seq LIMIT $3';
      const { rows } = await run(sql(page, [orderId, after, limit]));
      return rows
        .flatMap((row) => toMessages(row, readCommon).map((message) => requireReceived(row, message)))
        .filter(({ version }) => version > after)
        .slice(0, limit);
    },
    events: async (filter: EventFilter): Promise<readonly JournalEvent[]> => {
      const { types, after, upTo, limit } = filter;
      const isWanted = (position: number, type: string): boolean =>
        position > after &&
        (upTo === undefined || position <= upTo) &&
        (types === undefined || types.includes(type));
      const events: JournalEvent[] = [];
      let behind = after;
      while (events.length < limit) {
        const most = Math.min(limit - events.length, rowsAtATime);
        const rows = await readEvents(filter, behind, most);
        for (const row of rows) {
          for (const event of toEvents(row, readCommon, isWanted)) {
            if (events.length === limit) return events;
            events.push(requireEvent(row, event));
          }
          behind = whole(row, 'position');
        }
        if (rows.length < most) break;
      }
      return events;
    },
    lastPosition: async (): Promise<number> => {
      const [row] = (await run(sql('SELECT last_position FROM journal'))).rows;
      return whole(row ?? {}, 'last_position');
    },
    epochs: async (): Promise<readonly Epoch[]> =>
      (await run(sql('SELECT epoch, last_position FROM epochs ORDER BY number'))).rows.map(toEpoch),
    restored: async (): Promise<Restored | undefined> => {
      const newest = `SELECT doubtful_calls, (SELECT max(last_position) FROM epochs) AS last_position,
          (SELECT at FROM history WHERE position = (SELECT max(last_position) FROM epochs) AND position > 0) AS last_at
        FROM epochs WHERE resumed = 0 ORDER BY number DESC LIMIT 1`;
      const [row] = (await run(sql(newest))).rows;
      if (row === undefined) return undefined;
      return {
        lastPosition: whole(row, 'last_position'),
        lastEventAt: row['last_at'] === null ? null : whole(row, 'last_at'),
        doubtfulCalls: whole(row, 'doubtful_calls'),
      };
    },
  };
};
