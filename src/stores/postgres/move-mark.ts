// The mark of a schema that is being moved, or was moved away, and how a command gets a schema for itself.
import type pg from 'pg';
import { AppError } from '../../errors.ts';
import type { MoveMark } from '../../move.ts';
import { maskAddress } from '../../store-address.ts';
import { fromMark, refuseMarked, toMark } from '../move-marks.ts';

type Client = Pick<pg.Client, 'query'>;

export const readMoveMark = async (client: Client): Promise<MoveMark | undefined> => {
  const { rows } = await client.query('SELECT mark FROM move_mark');
  return rows[0] && toMark(String(rows[0].mark));
};

/** Undefined takes it away. */
export const writeMoveMark = async (client: Client, mark: MoveMark | undefined): Promise<void> => {
  if (mark === undefined) {
    await client.query('DELETE FROM move_mark');
    return;
  }
  await client.query(
    'INSERT INTO move_mark VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET mark = excluded.mark',
    [fromMark(mark)],
  );
};

/** @throws AppError `store-unsupported`. */
export const refuseMovedDatabase = async (client: Client, url: string): Promise<void> =>
  refuseMarked(maskAddress(url), await readMoveMark(client));

/** One command at a time has a schema for itself; the second number is the schema's. */
const lockClass = 1_330_791_251;
/** A session ends a moment after its node. */
const tries = 30;

/**
 * Requires that no node is connected, and that no other command has the schema for itself as long as this connection is there.
 * Nodes are found by the names of their sessions.
 * @throws AppError `store-in-use`.
 */
export const requireAlone = async (
  client: Client,
  url: string,
  schema: string,
  session: string,
): Promise<void> => {
  const refuse = (by: string, todo: string): never => {
    throw new AppError('store-in-use', `${maskAddress(url)} is in use by ${by}. ${todo}`);
  };
  const find = `SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken,
    (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = $3) AS nodes`;
  for (let left = tries; ; left -= 1) {
    const { rows } = await client.query(find, [lockClass, schema, session]);
    const { taken, nodes } = rows[0] ?? {};
    if (taken === true && nodes === 0) return;
    if (left === 0) {
      if (taken !== true) refuse('another command that moves or restores it', 'Wait until it is done.');
      refuse(`nodes or commands (${nodes} sessions)`, 'Stop all of them first.');
    }
    await client.query('SELECT pg_sleep(0.1)');
  }
};

/**
 * In a transaction that marks the schema: whoever writes a batch now is waited for and refused from the next one on, and no
 * node becomes a writer before the mark is there, or after it.
 */
export const giveUpWriters = async (client: Client): Promise<void> => {
  await client.query('LOCK TABLE writers IN EXCLUSIVE MODE');
  await client.query('DELETE FROM writers');
};
