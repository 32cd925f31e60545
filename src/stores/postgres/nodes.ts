// What PostgreSQL keeps of the nodes: each is heard of every second, by the database's time. In the same turn a node looks what
// was changed by others, so that no news is missed for longer. Who is lost may come back at any moment: nothing of its orders is
// taken from it before their leases end.
import type { Clock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import { type ChangeTopic, changeTopics, type NodeFacts, type NodeInfo } from '../../nodes.ts';
import { type Row, text, whole } from '../rows.ts';
import type { PostgresDatabase } from './open.ts';
import { type Result, type Statement, sql } from './statement.ts';

// A node that was stopped for long finds its rows removed, and puts them back.
const beatText = `WITH writer AS (INSERT INTO writers (writer_id) VALUES ($1) ON CONFLICT (writer_id) DO NOTHING)
  INSERT INTO nodes (node_id, host_name, release, chart_versions, started_at, heartbeat_at)
  VALUES ($1, $2, $3, $4, $5, database_ms())
  ON CONFLICT (node_id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`;
const lookText = `SELECT (SELECT count(*) FROM nodes WHERE node_id <> $1 AND heartbeat_at > database_ms() - $2::bigint) AS others,
  (SELECT json_object_agg(topic, number)::text FROM changes) AS changes`;
const listText = `SELECT nodes.*, (heartbeat_at > database_ms() - $1::bigint)::int::smallint AS is_alive FROM nodes
  ORDER BY started_at, node_id`;
// A batch of a node is resolved within seconds of its running. The row by which it could be is kept for a day, stopped or not.
const forgetText = `WITH gone AS (DELETE FROM nodes WHERE heartbeat_at < database_ms() - $1::bigint RETURNING node_id)
  DELETE FROM writers USING gone WHERE writer_id = gone.node_id`;
const leaveText = `WITH gone AS (DELETE FROM nodes WHERE node_id = $1) DELETE FROM writers WHERE writer_id = $1`;

const toNode = (row: Row, nodeId: string): NodeInfo => {
  const versions: unknown = JSON.parse(text(row, 'chart_versions'));
  return {
    nodeId: text(row, 'node_id'),
    hostName: text(row, 'host_name'),
    release: text(row, 'release'),
    chartVersions: Array.isArray(versions) ? versions.map(String) : [],
    startedAt: whole(row, 'started_at'),
    heartbeatAt: whole(row, 'heartbeat_at'),
    state: whole(row, 'is_alive') === 1 ? 'alive' : 'lost',
    isHere: row['node_id'] === nodeId,
  };
};

interface NodesParts {
  readonly database: Pick<PostgresDatabase, 'run' | 'writerId'>;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Carries a statement that needs no disk. */
  send(statement: Statement): Promise<Result>;
  /** Others may have changed these. */
  changed(topics: readonly ChangeTopic[]): void;
  tellNodes(): Promise<void>;
}

export class Nodes {
  readonly #parts: NodesParts;
  #joined: NodeFacts | undefined;
  #others = 0;
  #numbers: Readonly<Record<string, unknown>> | undefined;
  #beating: Promise<void> | undefined;
  #isDue = false;
  #cancel: (() => void) | undefined;
  #beats = 0;
  #isClosed = false;

  constructor(parts: NodesParts) {
    this.#parts = parts;
  }

  get hasOthers(): boolean {
    return this.#others > 0;
  }

  join = async (node: NodeFacts): Promise<void> => {
    const { database } = this.#parts;
    this.#joined = node;
    await database.run(this.#toBeat(node));
    await this.meet();
  };

  /** Looks who is there, and tells them that this node is. */
  meet = async (): Promise<void> => {
    await this.beat();
    if (this.#joined !== undefined) await this.#parts.tellNodes();
  };

  nodes = async (): Promise<readonly NodeInfo[]> => {
    const { run, writerId } = this.#parts.database;
    const { rows } = await run(sql(listText, [limits.nodes.lostAfterMs]));
    return rows.map((row) => toNode(row, writerId));
  };

  /** Once, and every second from then on. Whoever asks while one is under way is served by the next. */
  beat(): Promise<void> {
    this.#isDue = true;
    this.#beating ??= this.#beatAll().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  /** The node goes. Its batches are done: nobody asks what became of them. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#beating;
    const { database, tellNodes } = this.#parts;
    await database.run(sql(leaveText, [database.writerId])).catch(() => undefined);
    if (this.#joined !== undefined) await tellNodes();
  }

  async #beatAll(): Promise<void> {
    while (this.#isDue && !this.#isClosed) {
      this.#isDue = false;
      this.#cancel?.();
      try {
        await this.#beatOnce();
      } catch {
        // The database is away: the store says so. Whoever is there then is told again when it is back.
      }
    }
    if (this.#isClosed) return;
    this.#cancel = this.#parts.clock.schedule(() => void this.beat(), limits.nodes.heartbeatMs);
  }

  async #beatOnce(): Promise<void> {
    const { send, database, changed } = this.#parts;
    const { rows } = await send(sql(lookText, [database.writerId, limits.nodes.lostAfterMs]));
    const row = rows[0] ?? {};
    const others = whole(row, 'others');
    const numbers: Readonly<Record<string, unknown>> = JSON.parse(text(row, 'changes'));
    const before = this.#numbers ?? numbers;
    this.#numbers = numbers;
    // What a node left when it went, others may take over.
    const areOthers = others !== this.#others;
    this.#others = others;
    const topics = changeTopics.filter((topic) => areOthers || numbers[topic] !== before[topic]);
    if (topics.length > 0) changed(topics);
    // Who was heard of at a time knows whoever was there then.
    if (this.#joined !== undefined) await send(this.#toBeat(this.#joined));
    this.#beats += 1;
    const isTime = (this.#beats * limits.nodes.heartbeatMs) % limits.nodes.lookForLostMs === 0;
    if (isTime) await send(sql(forgetText, [limits.nodes.forgottenAfterMs]));
  }

  #toBeat({ hostName, release, chartVersions, startedAt }: NodeFacts): Statement {
    const values = [hostName, release, JSON.stringify(chartVersions), startedAt];
    return sql(beatText, [this.#parts.database.writerId, ...values]);
  }
}
