// One connection for statements that are prepared once. It connects when it is needed, again after a loss, and never runs a
// statement twice.
import pg from 'pg';
import { limits } from '../../limits.ts';
import type { Result, Statement } from './statement.ts';

/** Names of prepared statements by their text: each is parsed once on each connection, and kept there. */
const names = new Map<string, string>();
/** Undefined if there are too many: a text depends on how many rows of some kinds a batch has. */
const nameOf = (text: string): string | undefined => {
  const known = names.get(text);
  if (known !== undefined || names.size === limits.database.preparedStatements) return known;
  const name = `statement_${names.size}`;
  names.set(text, name);
  return name;
};

/** Settings of `pg.Client` for one connection. */
export type Connecting = pg.ClientConfig;

export const toResult = ({ rows, rowCount }: pg.QueryResult): Result => ({ rows, count: rowCount ?? 0 });

export class Line {
  readonly #connecting: Connecting;
  #client: Promise<pg.Client> | undefined;

  constructor(connecting: Connecting) {
    // So the driver ends a connection that does not answer in time; otherwise the next statement would wait behind it.
    this.#connecting = { ...connecting, pipeline: true };
  }

  /** @throws what the database answered, or an error that is no answer if the connection is lost: then it may have been carried out. */
  async run({ text, values }: Statement): Promise<Result> {
    const client = await this.#connected();
    const name = nameOf(text);
    return toResult(await client.query({ ...(name && { name }), text, values: [...values] }));
  }

  /** Gives the connection up; the next statements get another one. */
  async drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then((each) => each.end()).catch(() => {});
  }

  #connected(): Promise<pg.Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#connecting);
    const connected = client.connect().then(() => client);
    const forget = (): void => {
      if (this.#client === connected) this.#client = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    connected.catch(forget);
    return connected;
  }
}
