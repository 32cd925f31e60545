// What is kept of long replays, so that the next one of the same order costs only what is new. What an order has received
// never changes, so nothing kept here is ever wrong. It replays nothing itself.
import { limits } from '../../limits.ts';
import type { Received } from '../../step/effect.ts';
import { toStored } from '../../step/snapshot.ts';
import type { SystemState } from '../../step/system-state.ts';
import type { Point } from './protocol.ts';

/** A message that sent commands to services, or that came from one. */
export type Exchange = Pick<Point, 'version' | 'from' | 'type' | 'data' | 'deliveries'>;

/** Messages between two kept snapshots: one is replayed in some 20 ms at most. */
const snapshotEvery = 250;
/** What an object costs beside the text of its contents. */
const overheadBytes = 400;
const toBytes = (value: unknown): number => overheadBytes + 2 * (JSON.stringify(value)?.length ?? 0);

/** One order's past. All who replay the order at the same time fill the same one. */
export class Past {
  readonly #received: Received[] = [];
  readonly #exchanges: Exchange[] = [];
  /** By version, in the order of their versions. */
  readonly #snapshots = new Map<number, SystemState>();
  #newest: SystemState | undefined;
  bytes = 0;

  /** The newest snapshot that is not newer than `version`. */
  before(version: number): SystemState | undefined {
    if (this.#newest && this.#newest.version <= version) return this.#newest;
    return [...this.#snapshots.values()].findLast((state) => state.version <= version);
  }

  receivedUntil(version: number): readonly Received[] {
    return this.#received.slice(0, version);
  }

  exchangesUntil(version: number): readonly Exchange[] {
    return this.#exchanges.filter((each) => each.version <= version);
  }

  get length(): number {
    return this.#received.length;
  }

  note(state: SystemState, received: Received, exchange: Exchange | undefined): void {
    if (received.version !== this.length + 1) return;
    this.#received.push(received);
    this.bytes += toBytes(received.data);
    if (exchange) {
      this.#exchanges.push(exchange);
      this.bytes += toBytes(exchange.deliveries);
    }
    this.#newest = state;
    if (state.version % snapshotEvery !== 0) return;
    this.#snapshots.set(state.version, state);
    this.bytes += 2 * toStored(state).length;
  }
}

interface Bounds {
  readonly orders: number;
  readonly bytes: number;
  readonly fromLength: number;
}

export class KeptReplays {
  readonly #bounds: Bounds;
  /** The longest unused first. */
  readonly #pasts = new Map<string, Past>();
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  constructor(bounds: Bounds = limits.keptReplays) {
    this.#bounds = bounds;
  }

  open(orderId: string): Past {
    return this.#pasts.get(orderId) ?? new Past();
  }

  /** Keeps what a replay found, if replaying it again would take long, and forgets what was not used for longest. */
  keep(orderId: string, past: Past): void {
    const known = this.#pasts.get(orderId);
    const best = known && known.length > past.length ? known : past;
    if (best.length < this.#bounds.fromLength) return;
    this.#forget(orderId);
    this.#pasts.set(orderId, best);
    this.#sizes.set(orderId, best.bytes);
    this.#bytes += best.bytes;
    for (const oldest of this.#pasts.keys()) {
      if (this.#pasts.size <= this.#bounds.orders && this.#bytes <= this.#bounds.bytes) break;
      this.#forget(oldest);
    }
  }

  #forget(orderId: string): void {
    this.#bytes -= this.#sizes.get(orderId) ?? 0;
    this.#sizes.delete(orderId);
    this.#pasts.delete(orderId);
  }
}
