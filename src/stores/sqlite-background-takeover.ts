// Moves the history of an earlier schema beside the work of a store, when it is too long for a start to wait for: a few
// orders in each transaction, in turn with the store's other changes, with rests between. What is moved is deleted where it
// was, so that later rows take its room. Reads meanwhile: sqlite-earlier-history.ts.
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Batches } from './batch.ts';
import type { IsPersonal } from './history-text.ts';
import { text } from './rows.ts';
import type { Connection } from './sqlite-connection.ts';
import { countOrders, createOrderMover, type OrderMover, readLastPosition } from './sqlite-takeover.ts';
import type { Transact } from './sqlite-transaction.ts';

/** How a store makes changes of its own. */
interface Changes {
  readonly change: Batches['change'];
  readonly transact: Transact;
}

export interface BackgroundTakeover {
  /** Whether anything is left in the tables of the earlier schema; once not, they are gone. */
  isPending(): boolean;
  /** Goes on until nothing is left, or it is stopped. */
  run(changes: Changes): void;
  stop(): void;
}

interface Parts {
  /** Changes the file while no batch is written. */
  readonly writer: Connection;
  readonly isPersonal: IsPersonal;
  /** Brings the schema up to date when nothing is left, in a transaction. */
  readonly finish: () => void;
  readonly clock: Clock;
  /** Hears a line for people. */
  readonly say: (line: string) => void;
}

/**
 * Of a file on which a run has begun. The order with the journal's last event is moved at once: new events get their
 * positions behind those of the one table.
 */
export const prepareTakeover = (parts: Parts, transact: Transact): BackgroundTakeover => {
  const { writer, isPersonal, finish, clock, say } = parts;
  const mover = createOrderMover(writer, isPersonal);
  transact(() => moveNewest(writer, mover));
  const { orders, left } = countOrders(writer);
  say(
    `The history of ${left} of ${orders} orders is in the form of an earlier version. It is moved while the service works.`,
  );
  let isPending = true;
  let done = orders - left;
  const note = (moved: number): void => {
    const before = done;
    done = Math.min(done + moved, orders);
    const isTold = Math.floor(before / limits.takeoverReported) < Math.floor(done / limits.takeoverReported);
    if (isTold) say(`The history of ${done} of ${orders} orders is in the form of this version.`);
  };
  const step = (given: Transact): void => {
    const moved = given(() => moveSome(mover, writer));
    if (moved !== undefined) {
      note(moved);
      return;
    }
    given(finish);
    isPending = false;
    say('The history of all orders is in the form of this version.');
  };

  let isStopped = false;
  let hasFailed = false;
  let cancel = (): void => {};
  const tell = (error: unknown): void => {
    if (hasFailed) return;
    hasFailed = true;
    say(`The history of earlier orders cannot be moved now, and is tried again: ${describeError(error)}`);
  };
  const wait = (ms: number, changes: Changes): void => {
    if (isPending && !isStopped) cancel = clock.schedule(() => void takeTurn(changes), ms);
  };
  const takeTurn = async (changes: Changes): Promise<void> => {
    const from = clock.now();
    try {
      await changes.change(() => {
        if (!isStopped) step(changes.transact);
      });
    } catch (error) {
      tell(error);
      wait(limits.takeoverRetryMs, changes);
      return;
    }
    hasFailed = false;
    // The wait for its turn counts: the busier the store, the longer the rest.
    wait(Math.max((clock.now() - from) * limits.takeoverRest, limits.leastTakeoverRestMs), changes);
  };

  return {
    isPending: () => isPending,
    run: (changes) => wait(limits.leastTakeoverRestMs, changes),
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
};

const moveNewest = (connection: Connection, mover: OrderMover): void => {
  const { last } =
    connection.prepare('SELECT max(coalesce(max(position), 0), 0) AS last FROM history').get() ?? {};
  if (last === readLastPosition(connection)) return;
  const newest = connection
    .prepare('SELECT order_id FROM events_before ORDER BY position DESC LIMIT 1')
    .get();
  const orderIds = [text(newest ?? {}, 'order_id')];
  mover.move(orderIds);
  mover.forget(orderIds);
};

/** Moves the next orders, or deletes what a start had moved, and says how many were moved; undefined if nothing is left. */
const moveSome = (mover: OrderMover, connection: Connection): number | undefined => {
  const orderIds = mover.next(limits.takenOverAtOnce);
  const last = orderIds.at(-1);
  if (last === undefined) {
    const over = mover.remaining(limits.takenOverAtOnce);
    if (over.length === 0) return undefined;
    mover.forget(over);
    return 0;
  }
  mover.move(orderIds);
  mover.forget(orderIds);
  connection.exec('DELETE FROM history_progress');
  mover.note(last);
  return orderIds.length;
};
