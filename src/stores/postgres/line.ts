// One connection whose statements are sent without waiting for the answers of those before (pipelining): a transaction of many
// statements takes one round trip. It connects when it is needed, again after a loss, and never runs a statement twice.
import pg from 'pg';
import { isConsequence } from './errors.ts';
import type { Result, Statement } from './statement.ts';

/** Names of prepared statements by their text: each is parsed once on each connection. */
const names = new Map<string, string>();
const nameOf = (text: string): string => {
  let name = names.get(text);
  if (name === undefined) {
    name = `statement_${names.size}`;
    names.set(text, name);
  }
  return name;
};

/** Settings of `pg.Client` for one connection. */
export type Connecting = pg.ClientConfig;

export const toResult = ({ rows, rowCount, command }: pg.QueryResult): Result => ({
  rows,
  count: rowCount ?? 0,
  command,
});

export class Line {
  readonly #connecting: Connecting;
  #client: Promise<pg.Client> | undefined;

  constructor(connecting: Connecting) {
    this.#connecting = { ...connecting, pipeline: true };
  }

  /**
   * Sends all of `statements` at once, and resolves when all are answered.
   * @throws what the first one that failed was answered, or an error that is no answer when the connection is lost: then any of
   * them may have been carried out.
   */
  async run(statements: readonly Statement[]): Promise<readonly Result[]> {
    const client = await this.#connected();
    const asked = statements.map(({ text, values }) =>
      client.query(values.length === 0 ? text : { name: nameOf(text), text, values: [...values] }),
    );
    const answers = await Promise.allSettled(asked);
    const failures = answers.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (failures.length > 0) throw failures.find((error) => !isConsequence(error)) ?? failures[0];
    return answers.flatMap((each) => (each.status === 'fulfilled' ? [toResult(each.value)] : []));
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
