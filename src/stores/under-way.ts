// The batches that were handed over and are not durable yet, as the next decision sees them: on top of what is committed.
// They are written one after the other. Where one fails, those behind it are dropped: they were decided on it.
import type { Row } from '../application.ts';
import {
  type AmendedAnswer,
  type BatchWrite,
  DroppedBatch,
  type IdempotencyRecord,
  type LoadedOrder,
  type Needs,
  type OrderWrite,
} from '../store.ts';
import type { BatchAccess, BatchReads } from './batch-access.ts';

export const toName = (one: string, other: string): string => JSON.stringify([one, other]);

/** What one batch changes, by what decisions ask for. */
class Changes {
  readonly orders = new Map<string, OrderWrite>();
  readonly records = new Map<string, IdempotencyRecord>();
  readonly amended = new Map<string, AmendedAnswer>();
  readonly rows = new Map<string, Row>();

  constructor({ orders, rows, idempotency = [], amended = [] }: BatchWrite) {
    for (const order of orders) {
      this.orders.set(order.orderId, order);
      this.#addRecords(order.idempotency);
    }
    this.#addRecords(idempotency);
    for (const answer of amended) this.amended.set(toName(answer.scope, answer.key), answer);
    for (const { key, after } of rows.changed) this.rows.set(key, after);
  }

  #addRecords(records: readonly IdempotencyRecord[]): void {
    for (const record of records) this.records.set(toName(record.scope, record.key), record);
  }
}

interface Written {
  readonly changes: Changes;
  readonly durable: Promise<void>;
}

export class UnderWay implements BatchReads {
  readonly #committed: BatchAccess;
  /** The oldest first. */
  readonly #written: Written[] = [];
  #failures = 0;

  constructor(committed: BatchAccess) {
    this.#committed = committed;
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
  add(write: BatchWrite): Promise<void> {
    const before = this.#written.at(-1)?.durable;
    const storeIt = this.#committed.prepare(write);
    const requireGround = this.stand();
    const store = async (): Promise<void> => {
      await before?.catch(() => {});
      requireGround();
      await storeIt();
    };
    const written = { changes: new Changes(write), durable: store() };
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

  orders(needed: Needs['orders']): ReadonlyMap<string, LoadedOrder> {
    const found = new Map<string, LoadedOrder>();
    const others = new Map<string, number | undefined>();
    for (const [orderId, known] of needed) {
      const write = this.#find(({ orders }) => orders.get(orderId));
      if (write === undefined) others.set(orderId, known);
      else {
        const { version, lastSeq, system } = write;
        found.set(orderId, { version, lastSeq, ...(version !== known && { system }) });
      }
    }
    if (others.size > 0)
      for (const [orderId, order] of this.#committed.orders(others)) found.set(orderId, order);
    return found;
  }

  received(messages: Needs['received']): Needs['received'] {
    const isUnderWay = ({ orderId, messageId }: Needs['received'][number]): boolean =>
      this.#written.some(({ changes }) =>
        changes.orders.get(orderId)?.received.some((message) => message.messageId === messageId),
      );
    return [...this.#committed.received(messages), ...messages.filter(isUnderWay)];
  }

  records(keys: Needs['keys']): readonly IdempotencyRecord[] {
    return keys.flatMap(({ scope, key }) => {
      const name = toName(scope, key);
      const record = this.#find(({ records }) => records.get(name));
      const found = record === undefined ? this.#committed.records([{ scope, key }]) : [record];
      const answer = this.#find(({ amended }) => amended.get(name));
      return found.map((each) => ({ ...each, ...answer }));
    });
  }

  rows(keys: readonly string[]): ReadonlyMap<string, Row> {
    const found = new Map(this.#committed.rows(keys));
    // The committed ones may bring others that belong to them.
    for (const key of new Set([...keys, ...found.keys()])) {
      const row = this.#find(({ rows }) => rows.get(key));
      if (row !== undefined) found.set(key, row);
    }
    return found;
  }

  rowAtHand(key: string): Row | undefined {
    return this.#find(({ rows }) => rows.get(key)) ?? this.#committed.rowAtHand(key);
  }

  /** What the newest batch says that says anything. */
  #find<T>(look: (changes: Changes) => T | undefined): T | undefined {
    for (let index = this.#written.length - 1; index >= 0; index -= 1) {
      const written = this.#written[index];
      const found = written && look(written.changes);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
