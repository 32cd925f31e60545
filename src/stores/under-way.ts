// The batches that were handed over and are not durable yet, as the next decision sees them: on top of what is committed.
// They are written one after the other. Where one fails, those behind it are dropped: they were decided on it.
import type { Row, RowChange } from '../application.ts';
import {
  type AmendedAnswer,
  type BatchWrite,
  DroppedBatch,
  type IdempotencyRecord,
  type LoadedOrder,
  type Needs,
  type OrderWrite,
} from '../store.ts';
import { type Asked, type BatchAccess, type BatchReads, type Found, toName } from './batch-access.ts';

/** What one batch changes, by what decisions ask for. */
class Changes {
  readonly orders = new Map<string, OrderWrite>();
  readonly records = new Map<string, IdempotencyRecord>();
  readonly amended = new Map<string, AmendedAnswer>();
  readonly rows = new Map<string, RowChange>();

  constructor({ orders, rows, idempotency = [], amended = [] }: BatchWrite) {
    for (const order of orders) {
      this.orders.set(order.orderId, order);
      this.#addRecords(order.idempotency);
    }
    this.#addRecords(idempotency);
    for (const answer of amended) this.amended.set(toName(answer.scope, answer.key), answer);
    for (const change of rows.changed) this.rows.set(change.key, change);
  }

  #addRecords(records: readonly IdempotencyRecord[]): void {
    for (const record of records) this.records.set(toName(record.scope, record.key), record);
  }
}

interface Written {
  /** Counts the batches, from 1. */
  readonly number: number;
  readonly changes: Changes;
  readonly durable: Promise<void>;
}

/** What the newest batch says that says anything. */
const find = <T>(written: readonly Written[], look: (written: Written) => T | undefined): T | undefined => {
  for (let index = written.length - 1; index >= 0; index -= 1) {
    const each = written[index];
    const found = each && look(each);
    if (found !== undefined) return found;
  }
  return undefined;
};

const isReceivedIn = (
  written: readonly Written[],
  { orderId, messageId }: Needs['received'][number],
): boolean =>
  written.some(({ changes }) =>
    changes.orders.get(orderId)?.received.some((message) => message.messageId === messageId),
  );

/** The records of `keys`: those that are about to be stored, else those that are; with the answers that they are about to get. */
const findRecords = (
  written: readonly Written[],
  keys: Needs['keys'],
  committed: readonly IdempotencyRecord[],
): readonly IdempotencyRecord[] => {
  const stored = new Map(committed.map((record) => [toName(record.scope, record.key), record]));
  return keys.flatMap(({ scope, key }) => {
    const name = toName(scope, key);
    const record = find(written, ({ changes }) => changes.records.get(name)) ?? stored.get(name);
    return record ? [{ ...record, ...find(written, ({ changes }) => changes.amended.get(name)) }] : [];
  });
};

export class UnderWay implements BatchReads {
  readonly #committed: BatchAccess;
  /** The oldest first. */
  readonly #written: Written[] = [];
  readonly isShared: boolean;
  #failures = 0;
  #prepared = 0;

  constructor(committed: BatchAccess) {
    this.#committed = committed;
    this.isShared = committed.isShared;
  }

  /** Resolves when at most `most` batches are under way. */
  async atMost(most: number): Promise<void> {
    while (this.#written.length > most) await this.#written[0]?.durable.catch(() => {});
  }

  /** The returned function throws a DroppedBatch if a batch has failed since. */
  stand(): () => void {
    const failures = this.#failures;
    return () => {
      if (this.#failures !== failures) throw new DroppedBatch();
    };
  }

  /** Resolves when all that is under way is durable, or has failed. */
  async newest(): Promise<void> {
    await this.#written.at(-1)?.durable.catch(() => {});
  }

  /** Resolves when `write` is durable. @throws DroppedBatch if one before it fails, else what writing it throws. */
  add(write: BatchWrite, asked: Asked): Promise<void> {
    const before = this.#written.at(-1)?.durable;
    const storeIt = this.#committed.prepare(write, asked);
    this.#prepared += 1;
    const requireGround = this.stand();
    const store = async (): Promise<void> => {
      await before?.catch(() => {});
      requireGround();
      await storeIt();
    };
    const written = { number: this.#prepared, changes: new Changes(write), durable: store() };
    this.#written.push(written);
    written.durable.then(
      () => this.#written.shift(),
      () => this.#drop(written),
    );
    return written.durable;
  }

  /** Drops a batch that failed, and those behind it. */
  #drop(failed: Written): void {
    const index = this.#written.indexOf(failed);
    if (index < 0) return;
    this.#failures += 1;
    this.#written.splice(index);
  }

  async load(needs: Needs): Promise<Found> {
    // What becomes durable while the store reads may not be in what it finds.
    const written = [...this.#written];
    const others = new Map<string, number | undefined>();
    const orders = new Map<string, LoadedOrder>();
    for (const [orderId, known] of needs.orders) {
      const write = find(written, ({ changes }) => changes.orders.get(orderId));
      if (write === undefined) others.set(orderId, known);
      else {
        const { version, lastSeq, system } = write;
        orders.set(orderId, { version, lastSeq, ...(version !== known && { system }) });
      }
    }
    const found = await this.#committed.load({ ...needs, orders: others });
    for (const [orderId, order] of found.orders) orders.set(orderId, order);
    return {
      orders,
      received: [...found.received, ...needs.received.filter((each) => isReceivedIn(written, each))],
      records: findRecords(written, needs.keys, found.records),
      rows: this.#changeRows(written, needs.rows, found),
      ...(found.unsure && { unsure: found.unsure }),
    };
  }

  /** `rows` after what `written` changes of them. The committed ones may have brought others that belong to them. */
  #changeRows(
    written: readonly Written[],
    keys: readonly string[],
    { rows, unsure, includes = 0 }: Found,
  ): ReadonlyMap<string, Row> {
    const changed = new Map(rows);
    for (const key of new Set([...keys, ...rows.keys()])) {
      const isRemembered = unsure?.has(key) === true;
      for (const { changes, number } of written) {
        const change = isRemembered || number > includes ? changes.rows.get(key) : undefined;
        if (change !== undefined) changed.set(key, this.#merge(change, changed.get(key)));
      }
    }
    return changed;
  }

  #merge(change: RowChange, current: Row | undefined): Row {
    return this.#committed.merge?.(change, current) ?? change.after;
  }

  rowAtHand(key: string): Row | undefined {
    const change = find(this.#written, ({ changes }) => changes.rows.get(key));
    return change?.after ?? this.#committed.rowAtHand(key);
  }
}
