// Reads domain events from the history, in the order of the journal. Rows that cannot hold what is asked for are left out
// in SQL; what a row holds beside it is left out here.
import type { SQLInputValue } from 'node:sqlite';
import type { EventFilter, JournalEvent } from '../store.ts';
import { requireEvent, toEvents } from './history-entries.ts';
import { type Row, whole } from './rows.ts';
import { createCommonReader } from './sqlite-common-values.ts';
import type { Connection, Statement } from './sqlite-connection.ts';

/** A part of a WHERE clause with its values. */
export type Condition = readonly [sql: string, ...values: SQLInputValue[]];

/** Rows that are read at a time: most have several events. */
const rowsAtATime = 256;

/** Statements whose text depends on the filter: each text is prepared once. */
export const createPreparer = (connection: Connection): ((sql: string) => Statement) => {
  const prepared = new Map<string, Statement>();
  return (sql) => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
};

export const joinConditions = (conditions: readonly Condition[]): string =>
  conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
export const valuesOf = (conditions: readonly Condition[]): SQLInputValue[] =>
  conditions.flatMap(([, ...values]) => values);

const toConditions = ({ orderId, types, owner, upTo }: EventFilter): readonly Condition[] => {
  const conditions: Condition[] = [];
  // The row in which `upTo` lies is the last one that is read.
  if (upTo !== undefined) {
    const last = 'SELECT position FROM history WHERE position >= ? ORDER BY position LIMIT 1';
    conditions.push([`position <= coalesce((${last}), ?)`, upTo, upTo]);
  }
  if (orderId !== undefined) conditions.push(['order_id = ?', orderId]);
  if (types !== undefined) {
    // Types are searched as text: that is quicker than reading the JSON of each row.
    const named = JSON.stringify(types.map((type) => JSON.stringify(type)));
    conditions.push(['EXISTS (SELECT 1 FROM json_each(?) WHERE instr(events, value))', named]);
  }
  if (owner !== undefined) {
    const ofOwner = 'SELECT 1 FROM orders WHERE orders.order_id = history.order_id AND owner = ?';
    conditions.push([`EXISTS (${ofOwner})`, owner]);
  }
  return conditions;
};

export const createEventReads = (connection: Connection) => {
  const prepare = createPreparer(connection);
  const readCommon = createCommonReader(connection);
  return (filter: EventFilter): readonly JournalEvent[] => {
    const { orderId, types, after, upTo, limit } = filter;
    const conditions = toConditions(filter);
    // Within one order both give the same order, and its index is sorted by `version` and `last_seq`.
    const order = orderId === undefined ? 'position' : 'version, last_seq';
    const where = joinConditions([['position > ?', after], ...conditions]);
    const select = prepare(`SELECT * FROM history ${where} ORDER BY ${order} LIMIT ?`);
    const isWanted = (position: number, type: string): boolean =>
      position > after &&
      (upTo === undefined || position <= upTo) &&
      (types === undefined || types.includes(type));
    const events: JournalEvent[] = [];
    let behind = after;
    let rows: readonly Row[];
    do {
      const most = Math.min(limit - events.length, rowsAtATime);
      rows = select.all(behind, ...valuesOf(conditions), most);
      for (const row of rows) {
        for (const event of toEvents(row, readCommon, isWanted)) {
          if (events.length === limit) return events;
          events.push(requireEvent(row, event));
        }
        behind = whole(row, 'position');
      }
      if (rows.length < most) return events;
    } while (events.length < limit);
    return events;
  };
};
