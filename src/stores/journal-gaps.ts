// Whether the positions of the journal are dense, asked in SQL that every store understands. No JSON is read for it: a row's events
// are counted from the number of its order's last event before it, and the doctor compares those numbers with the events
// themselves, order by order.
import { type Row, whole } from './rows.ts';

/** The first rows that do not begin right behind the row before them. */
export const gapsText = `WITH numbered AS (
    SELECT position, last_seq - coalesce(lag(last_seq) OVER of_order, 0) AS number FROM history
    WINDOW of_order AS (PARTITION BY order_id ORDER BY version, last_seq)),
  placed AS (
    SELECT position, number, coalesce(lag(position) OVER (ORDER BY position), 0) AS before FROM numbered WHERE position > 0)
  SELECT position, number, before FROM placed WHERE position - number <> before ORDER BY position LIMIT 10`;

export const toGap = (row: Row): string => {
  const [position, number, before] = ['position', 'number', 'before'].map((column) => whole(row, column));
  return `the row at position ${position} has ${number} events, and the one before it ends at ${before}`;
};
