// A model of a store that several nodes share, for simulations: the tables of one SQLite file, to which each node writes as it
// would to PostgreSQL. A batch is carried out some time after it was decided, at one moment, and as `begin_batch` and the functions
// behind it do (postgres/migrations): refused under an earlier fence, stale if another node was faster. Nodes have their caches
// and their batches under way for themselves.
import { isDeepStrictEqual } from 'node:util';
import { type ChangeRow, ConnectionLost, type NodeLink } from '../node-link.ts';
import { type BatchWrite, type Needs, RefusedWrite, StaleBatch } from '../store.ts';
import type { PostgresTables, RowChange } from '../tables.ts';
import { createTurns, inTurn, type TakeTurn } from '../turns.ts';
import { type Asked, type BatchAccess, type Found, toName } from './batch-access.ts';
import { createNumberedBatches, GivenUp, LostAnswer, type NodeRow, type Place } from './numbered-batches.ts';

/** What all nodes share beside the tables. */
export interface SharedState {
  /** By name. */
  readonly nodes: Map<string, NodeRow>;
  /** One batch is carried out at a time. */
  readonly takeTurn: TakeTurn;
}

export const createSharedState = (): SharedState => ({ nodes: new Map(), takeTurn: createTurns() });

export interface SharedParts {
  readonly name: string;
  readonly state: SharedState;
  readonly link: NodeLink;
  readonly changeRow: ChangeRow;
  readonly merge: PostgresTables['merge'] | undefined;
}

const newNode: NodeRow = { lastBatch: 0, fence: 0 };

/** What a batch is checked against. */
const toNeeds = ({ orders, rows, idempotency = [] }: BatchWrite): Needs => ({
  orders: new Map(orders.map(({ orderId, baseVersion }) => [orderId, baseVersion])),
  received: orders.flatMap(({ orderId, received }) =>
    received.map(({ messageId }) => ({ orderId, messageId })),
  ),
  keys: [...orders.flatMap((order) => order.idempotency), ...idempotency],
  rows: rows.changed.map(({ key }) => key),
});

const isGivenUp = ({ lastBatch, fence }: NodeRow, place: Place): boolean =>
  fence !== place.fence || lastBatch >= place.number;

const requireVersions = ({ orders }: BatchWrite, found: Found): void => {
  const moved = orders.find(
    ({ orderId, baseVersion }) => (found.orders.get(orderId)?.version ?? 0) !== baseVersion,
  );
  if (moved !== undefined) throw new StaleBatch(`Order ${moved.orderId}`);
};

/** What is there already, although it has to be new. */
const requireNew = (write: BatchWrite, asked: Asked, { records, received }: Found): void => {
  const keys = toNeeds(write).keys.map(({ scope, key }) => toName(scope, key));
  if (records.length > 0) {
    if (keys.every((name) => asked.keys.has(name))) throw new StaleBatch('What a key protects');
    throw new RefusedWrite(new Error('a key is taken'));
  }
  if (received.length === 0) return;
  if (asked.messages.size > 0) throw new StaleBatch('What a message id protects');
  throw new RefusedWrite(new Error('a message is there already'));
};

/** One node's way to `file`. */
export const shareFile = (
  file: BatchAccess,
  { name, state, link, changeRow, merge }: SharedParts,
): BatchAccess => {
  const { nodes, takeTurn } = state;
  const numbered = createNumberedBatches({
    raiseFence: () =>
      link.ask(() =>
        inTurn(takeTurn, () => {
          const { lastBatch, fence } = nodes.get(name) ?? newNode;
          const row = { lastBatch, fence: fence + 1 };
          nodes.set(name, row);
          return row;
        }),
      ),
    pause: link.pause,
  });
  const toCurrent = (change: RowChange, { rows }: Found): RowChange => {
    const before = rows.get(change.key);
    if (isDeepStrictEqual(before, change.before)) return change;
    const after = changeRow(change, before);
    link.saw('counts-added-up');
    return { key: change.key, before, after };
  };
  const carryOut = async (write: BatchWrite, asked: Asked, place: Place): Promise<void> => {
    if (isGivenUp(nodes.get(name) ?? newNode, place)) {
      link.saw('lost-batch-fenced');
      throw new GivenUp();
    }
    const found = await file.load(toNeeds(write));
    requireVersions(write, found);
    requireNew(write, asked, found);
    const changed = write.rows.changed.map((change) => toCurrent(change, found));
    await file.prepare({ ...write, rows: { ...write.rows, changed } }, asked)();
    nodes.set(name, { lastBatch: place.number, fence: place.fence });
    await link.noteStored(write);
  };
  const store = async (number: number, write: BatchWrite, asked: Asked): Promise<void> => {
    let isLost = false;
    await numbered.store(number, async (place) => {
      try {
        await link.send(() => inTurn(takeTurn, () => carryOut(write, asked, place)));
      } catch (error) {
        isLost = error instanceof ConnectionLost;
        throw isLost ? new LostAnswer(error) : error;
      }
    });
    if (isLost) link.saw('lost-answer-stored');
  };
  return {
    load: (needs) =>
      link.ask(async () => {
        const includes = (nodes.get(name) ?? newNode).lastBatch;
        return { ...(await file.load(needs)), includes };
      }),
    rowAtHand: () => undefined,
    isShared: true,
    merge: (change, current) => merge?.(change, current) ?? change.after,
    prepare: (write, asked) => {
      const number = numbered.next();
      return () => store(number, write, asked);
    },
  };
};
