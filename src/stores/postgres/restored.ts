// A schema that a person says was restored from a backup: held while it is examined, then marked. It begins an epoch of its own,
// what was called in it counts as maybe made, and nobody is signed in any more, as in a SQLite file that was restored.
import type pg from 'pg';
import { maskAddress } from '../../store-address.ts';
import { refuseTarget } from '../move-marks.ts';
import { giveUpWriters, readMoveMark, requireAlone, writeMoveMark } from './move-mark.ts';
import { toSessionName } from './open.ts';
import { connectSlowly, findSchemaProblem, refuseAddress } from './picture.ts';
import type { PostgresApplication } from './statement.ts';

const newEpoch = "left(replace(gen_random_uuid()::text, '-', ''), 8)";

const accept = async (client: pg.Client): Promise<void> => {
  await client.query('BEGIN');
  await giveUpWriters(client);
  await writeMoveMark(client, undefined);
  const { rowCount } = await client.query("UPDATE calls SET doubtful = 1, lease_owner = '', lease_until = 0");
  await client.query(
    'UPDATE epochs SET last_position = (SELECT last_position FROM journal) WHERE last_position IS NULL',
  );
  await client.query(`INSERT INTO epochs (epoch, doubtful_calls, resumed) VALUES (${newEpoch}, $1, 0)`, [
    rowCount,
  ]);
  await client.query('DELETE FROM api_keys WHERE session_of IS NOT NULL');
  await client.query('COMMIT');
};

/**
 * Holds the schema at `url`, of which no node is alive. `accept` marks it as restored.
 * @throws AppError `invalid-setting`, `store-in-use`, `store-unsupported` for the target of a move that is not complete.
 */
export const holdRestored = async (
  url: string,
  application: PostgresApplication,
): Promise<{ accept(): Promise<void>; release(): Promise<void> }> => {
  const { client, schema } = await connectSlowly(url, 'orderchart-restored');
  try {
    const problem = await findSchemaProblem(client, schema, application);
    if (problem !== undefined) refuseAddress(url, problem);
    await requireAlone(client, url, schema, toSessionName(schema));
    refuseTarget(maskAddress(url), await readMoveMark(client));
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return { accept: () => accept(client), release: () => client.end() };
};
