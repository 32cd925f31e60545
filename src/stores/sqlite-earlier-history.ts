// Reads of a history that is in two places: what an earlier schema recorded and nobody has moved yet (sqlite-takeover.ts) is
// read where it is. An order is moved as a whole, so its earlier rows are in one place or the other. It writes nothing.
import type { EventFilter, JournalEvent, Received, Restored } from '../store.ts';
import type { BatchAccess } from './batch-access.ts';
import { requireEvent, requireReceived } from './history-entries.ts';
import { whole } from './rows.ts';
import { toShortId } from './short-ids.ts';
import type { Connection } from './sqlite-connection.ts';
import { toEarlierEvent, toEarlierMessage } from './sqlite-earlier-rows.ts';
import { type Condition, createPreparer, joinConditions, valuesOf } from './sqlite-event-reads.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { createHistoryReads } from './sqlite-reads.ts';
import { movedUpTo } from './sqlite-takeover.ts';

/** Of one order its index is used; of all orders the journal's. */
const notMoved = `+order_id > ${movedUpTo}`;

/** What is not moved yet. To be asked only while there are tables of an earlier schema. */
interface EarlierHistory {
  hasReceived(orderId: string, messageId: string): boolean;
  received(orderId: string, after: number, limit: number): readonly Received[];
  events(filter: EventFilter): readonly JournalEvent[];
  /** When the event at `position` was recorded. */
  eventAt(position: number): number | undefined;
}

const toConditions = ({ after, upTo, orderId, types, owner }: EventFilter): readonly Condition[] => [
  ['position > ?', after],
  [notMoved],
  ...(upTo === undefined ? [] : [['position <= ?', upTo] as const]),
  ...(orderId === undefined ? [] : [['order_id = ?', orderId] as const]),
  ...(types === undefined
    ? []
    : [['type IN (SELECT value FROM json_each(?))', JSON.stringify(types)] as const]),
  ...(owner === undefined
    ? []
    : [
        [
          'EXISTS (SELECT 1 FROM orders WHERE orders.order_id = events_before.order_id AND owner = ?)',
          owner,
        ] as const,
      ]),
];

const createEarlierHistory = (connection: Connection): EarlierHistory => {
  const prepare = createPreparer(connection);
  // Only what came from outside can come twice.
  const sameMessage = connection.prepare(
    `SELECT 1 FROM received_before WHERE order_id = ? AND message_id = ? AND causation_id IS NULL AND ${notMoved}`,
  );
  const received = connection.prepare(
    `SELECT * FROM received_before WHERE order_id = ? AND version > ? AND ${notMoved} ORDER BY version LIMIT ?`,
  );
  const at = connection.prepare(`SELECT at FROM events_before WHERE position = ? AND ${notMoved}`);
  return {
    hasReceived: (orderId, messageId) =>
      sameMessage.get(orderId, toShortId(orderId, messageId)) !== undefined,
    received: (orderId, after, limit) =>
      received.all(orderId, after, limit).map((row) => requireReceived(row, toEarlierMessage(row))),
    events: (filter) => {
      const conditions = toConditions(filter);
      // Within one order both give the same order.
      const order = filter.orderId === undefined ? 'position' : 'seq';
      const sql = `SELECT * FROM events_before ${joinConditions(conditions)} ORDER BY ${order} LIMIT ?`;
      return prepare(sql)
        .all(...valuesOf(conditions), filter.limit)
        .map((row) => requireEvent(row, toEarlierEvent(row)));
    },
    eventAt: (position) => {
      const row = at.get(position);
      return row && whole(row, 'at');
    },
  };
};

/** Undefined once everything is moved. */
export type FindEarlier = () => EarlierHistory | undefined;

export const createFindEarlier = ({
  reader,
  takeover,
}: Pick<OpenDatabase, 'reader' | 'takeover'>): FindEarlier => {
  if (takeover === undefined) return () => undefined;
  const earlier = createEarlierHistory(reader);
  return () => (takeover.isPending() ? earlier : undefined);
};

type HistoryReads = ReturnType<typeof createHistoryReads>;

/** `reads`, with what is not moved yet in its place. */
export const withEarlierHistory = (reads: HistoryReads, findEarlier: FindEarlier): HistoryReads => ({
  ...reads,
  received: (orderId, after, limit) => {
    const earlier = findEarlier()?.received(orderId, after, limit) ?? [];
    if (earlier.length === limit) return earlier;
    return [...earlier, ...reads.received(orderId, after, limit - earlier.length)];
  },
  events: (filter) => {
    const earlier = findEarlier()?.events(filter) ?? [];
    const last = earlier.length === filter.limit ? earlier.at(-1) : undefined;
    // What was moved lies between what was not.
    const moved = reads.events(last === undefined ? filter : { ...filter, upTo: last.position });
    if (earlier.length === 0) return moved;
    const all = [...earlier, ...moved].sort((one, other) => one.position - other.position);
    return all.slice(0, filter.limit);
  },
  restored: (): Restored | undefined => {
    const found = reads.restored();
    if (found === undefined || found.lastEventAt !== null) return found;
    return { ...found, lastEventAt: findEarlier()?.eventAt(found.lastPosition) ?? null };
  },
});

/** `access`, for which a message is recorded wherever it is. */
export const withEarlierMessages = (access: BatchAccess, findEarlier: FindEarlier): BatchAccess => ({
  ...access,
  load: async (needs) => {
    const earlier = findEarlier();
    const found = await access.load(needs);
    if (earlier === undefined) return found;
    const received = needs.received.filter(({ orderId, messageId }) =>
      earlier.hasReceived(orderId, messageId),
    );
    return { ...found, received: [...found.received, ...received] };
  },
});
