// A schema that is moved to another store, or that another store is moved to: its rows as every store has them. No node is
// alive, and no other command has it for itself meanwhile.
import type pg from 'pg';
import type { MovedTable, PostgresTables } from '../../application.ts';
import { AppError } from '../../errors.ts';
import type { MovableStore, MovedRow } from '../../move.ts';
import { maskAddress } from '../../store-address.ts';
import { bornWithRows, movedTables, toPageOf } from '../moved-tables.ts';
import { migrate } from './migrations.ts';
import { giveUpWriters, readMoveMark, requireAlone, writeMoveMark } from './move-mark.ts';
import { toConnecting, toSessionName } from './open.ts';
import { connectSlowly, describeFailure, findSchemaProblem, refuseAddress } from './picture.ts';

interface MovingApplication {
  readonly name: string;
  readonly tables?: PostgresTables | undefined;
  /** Its tables, if it has any. */
  readonly moved: readonly MovedTable[];
}

const withBytesAsText = (row: MovedRow): MovedRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value,
    ]),
  );

const quote = (column: string): string => `"${column}"`;

const write = async (client: pg.Client, table: MovedTable, rows: readonly MovedRow[]): Promise<void> => {
  const { name, columns, constants } = table;
  const all = [...columns, ...Object.keys(constants ?? {})].map(quote).join(', ');
  await client.query(
    `INSERT INTO ${name} (${all}) OVERRIDING SYSTEM VALUE SELECT ${all} FROM json_populate_recordset(NULL::${name}, $1::json)`,
    // PostgreSQL reads it by the types of the table's columns.
    [JSON.stringify(rows.map((row) => ({ ...withBytesAsText(row), ...constants })))],
  );
};

const readPage = async (
  client: pg.Client,
  table: MovedTable,
  after: readonly (string | number)[] | undefined,
  limit: number,
): Promise<readonly MovedRow[]> => {
  const page = toPageOf(table, after === undefined, { column: quote, bind: (place) => `$${place}` });
  const values = [...(after ?? []), limit];
  const { rows } = await client.query(
    `SELECT ${table.columns.map(quote).join(', ')} FROM ${table.name} ${page} LIMIT $${values.length}`,
    values,
  );
  return rows;
};

/** Numbers go on behind the last one, and positions of the journal behind its last event. */
const settle = async (client: pg.Client, tables: readonly MovedTable[]): Promise<void> => {
  await client.query(`UPDATE journal SET
    last_position = (SELECT coalesce(max(position), 0) FROM history WHERE position > 0),
    first_position = (SELECT coalesce(min(position), 0) FROM history WHERE position < 0)`);
  for (const { name, columns } of tables) {
    for (const column of columns) {
      const { rows } = await client.query('SELECT pg_get_serial_sequence($1, $2) AS sequence', [
        name,
        column,
      ]);
      const sequence: unknown = rows[0]?.sequence;
      if (typeof sequence !== 'string') continue;
      await client.query(
        `SELECT setval($1, coalesce(max(${quote(column)}), 1), max(${quote(column)}) IS NOT NULL) FROM ${name}`,
        [sequence],
      );
    }
    await client.query(`ANALYZE ${name}`);
  }
};

interface Moving {
  readonly client: pg.Client;
  readonly url: string;
  readonly tables: readonly MovedTable[];
  requireAlone(): Promise<void>;
}

const createMoving = ({ client, url, tables, requireAlone }: Moving): MovableStore => {
  const transact = async (task: () => Promise<void>): Promise<void> => {
    await client.query('BEGIN');
    try {
      await task();
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  };
  return {
    address: maskAddress(url),
    tables,
    mark: () => readMoveMark(client),
    read: (...given) => readPage(client, ...given),
    count: async ({ name }) =>
      Number((await client.query(`SELECT count(*) AS number FROM ${name}`)).rows[0]?.number),
    leave: async (mark) => {
      await transact(async () => {
        await giveUpWriters(client);
        await writeMoveMark(client, mark);
      });
      if (mark.isComplete) return;
      // A node that began meanwhile cannot write orders any more, and could write what is beside them.
      await requireAlone().catch(async (error: unknown) => {
        await writeMoveMark(client, undefined);
        throw error;
      });
    },
    receive: (mark) =>
      transact(async () => {
        await giveUpWriters(client);
        for (const name of bornWithRows) await client.query(`DELETE FROM ${name}`);
        await writeMoveMark(client, mark);
      }),
    write: (table, rows, mark) =>
      transact(async () => {
        await write(client, table, rows);
        await writeMoveMark(client, mark);
      }),
    settle: () => settle(client, tables),
    unmark: () => writeMoveMark(client, undefined),
    close: () => client.end(),
  };
};

/** A failure of the database, as one line. */
const explaining = (url: string, store: MovableStore): MovableStore => {
  const explain =
    <Given extends readonly unknown[], T>(task: (...given: Given) => Promise<T>) =>
    async (...given: Given): Promise<T> => {
      try {
        return await task(...given);
      } catch (error) {
        if (error instanceof AppError) throw error;
        const text = `${maskAddress(url)}: ${describeFailure(error)}. Run the command again to go on.`;
        throw new AppError('store-unavailable', text);
      }
    };
  return {
    ...store,
    mark: explain(store.mark),
    read: explain(store.read),
    count: explain(store.count),
    leave: explain(store.leave),
    receive: explain(store.receive),
    write: explain(store.write),
    settle: explain(store.settle),
    unmark: explain(store.unmark),
  };
};

/**
 * Opens the schema at `url` for this command alone. `make` makes it if it is missing.
 * @throws AppError `invalid-setting`, `store-in-use`, `store-unsupported`, `store-unavailable`.
 */
export const openMovingSchema = async (
  url: string,
  application: MovingApplication,
  { make }: { readonly make: boolean },
): Promise<MovableStore> => {
  const { connecting, schema } = toConnecting(url);
  if (make) await migrate({ ...connecting, application_name: 'orderchart-move' }, schema, application);
  const { client } = await connectSlowly(url, 'orderchart-move');
  const alone = () => requireAlone(client, url, schema, toSessionName(schema));
  try {
    const problem = await findSchemaProblem(client, schema, application);
    if (problem !== undefined) refuseAddress(url, problem);
    await alone();
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return explaining(
    url,
    createMoving({ client, url, tables: [...movedTables, ...application.moved], requireAlone: alone }),
  );
};
