// Shares the journal among all who watch it: one read for each news, given to every reader that is at its head, and the
// same array to all who want the same. A reader that lags reads for itself until it has caught up, so it costs no memory
// and holds nobody up. It knows no order and no way to send anything.
import type { Clock } from '../clock.ts';
import type { Settings } from '../config.ts';
import type { Host } from '../host.ts';
import { limits } from '../limits.ts';
import type { JournalEvent, Store } from '../store.ts';
import { isWanted, JournalReaders, type Reader, type Wanted } from './journal-readers.ts';
import { Notifier } from './notifier.ts';

export interface JournalFeedParts {
  readonly store: Pick<Store, 'events' | 'lastPosition' | 'owners'>;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'POLL_MS'>;
  /** Aborted when the host closes: every watch ends. */
  readonly closing: AbortSignal;
}

type Watching = Omit<Parameters<Host['watch']>[0], 'owner'>;

export class JournalFeed {
  readonly #parts: JournalFeedParts;
  readonly #readers = new JournalReaders();
  readonly #news: Notifier;
  /** The newest events, without a gap: all behind `#from`, up to `#head`. */
  #window: readonly JournalEvent[] = [];
  #from = 0;
  #head = 0;
  /** Whose orders are, of those whose events were looked at for one owner. */
  readonly #owners = new Map<string, string>();
  #watches = 0;
  #beginning: Promise<void> | undefined;
  /** ms that others had while news were given. */
  #othersMs = 0;

  constructor(parts: JournalFeedParts) {
    this.#parts = parts;
    this.#news = new Notifier(parts.clock);
    parts.closing.addEventListener('abort', () => this.#news.notifyAll(), { once: true });
  }

  /** Something was committed. It costs nothing while nobody watches. */
  noteCommit(): void {
    this.#news.notify('commit');
  }

  /** What one owner's orders do is chosen from what all get: nothing else is read for it but whose orders they are. */
  async *watch({
    owner,
    ...watching
  }: Parameters<Host['watch']>[0]): AsyncGenerator<readonly JournalEvent[]> {
    for await (const events of this.#watchAll(watching)) {
      const own = owner === undefined ? events : await this.#chooseOwn(events, owner);
      if (own.length > 0) yield own;
    }
  }

  async #chooseOwn(events: readonly JournalEvent[], owner: string): Promise<readonly JournalEvent[]> {
    const ids = [...new Set(events.map(({ orderId }) => orderId))];
    // Kept apart from what all share: that may be emptied while the store is read.
    const owners = new Map(ids.map((id) => [id, this.#owners.get(id)]));
    const unknown = ids.filter((id) => owners.get(id) === undefined);
    if (unknown.length > 0) {
      if (this.#owners.size > limits.knownOwners) this.#owners.clear();
      for (const [id, found] of await this.#parts.store.owners(unknown)) {
        owners.set(id, found);
        this.#owners.set(id, found);
      }
    }
    return events.filter(({ orderId }) => owners.get(orderId) === owner);
  }

  async *#watchAll({ signal, ...watching }: Watching): AsyncGenerator<readonly JournalEvent[]> {
    const ends = AbortSignal.any([signal, this.#parts.closing]);
    const wanted: Wanted = watching;
    let { after } = watching;
    this.#watches += 1;
    let waiting: Reader | undefined;
    const leave = () => waiting?.leave();
    ends.addEventListener('abort', leave, { once: true });
    try {
      await this.#begin();
      while (!ends.aborted) {
        if (after < this.#head) {
          const { events, upTo } = await this.#catchUp(wanted, after);
          after = upTo;
          if (events.length > 0 && !ends.aborted) yield events;
          continue;
        }
        waiting = this.#readers.add(wanted, after);
        const events = await waiting.given;
        waiting = undefined;
        // Whoever waited has had everything up to the head.
        after = Math.max(after, events?.at(-1)?.position ?? 0);
        if (events !== undefined && !ends.aborted) yield events;
      }
    } finally {
      ends.removeEventListener('abort', leave);
      this.#watches -= 1;
      if (this.#watches === 0) this.#news.notifyAll();
    }
  }

  /** What a reader behind the head gets next, and up to which position it has everything then. */
  async #catchUp(
    wanted: Wanted,
    after: number,
  ): Promise<{ readonly events: readonly JournalEvent[]; readonly upTo: number }> {
    const head = this.#head;
    if (after >= this.#from) {
      const isNews = ({ position }: JournalEvent) => position > after;
      return { events: this.#window.filter((event) => isNews(event) && isWanted(wanted, event)), upTo: head };
    }
    const { store, clock } = this.#parts;
    const limit = limits.page;
    const { orderId, types } = wanted;
    const last = after + limits.examinedEvents;
    const read = await store.events(
      orderId === undefined
        ? { ...(types && { types }), after, limit, upTo: last }
        : { orderId, after, limit },
    );
    // What a store answers from memory leaves no room for others by itself.
    await new Promise<void>((resolve) => clock.soon(resolve));
    const events = orderId === undefined ? read : read.filter((event) => isWanted(wanted, event));
    const end = read.at(-1)?.position ?? 0;
    if (read.length === limit) return { events, upTo: end };
    return { events, upTo: Math.max(end, orderId === undefined ? Math.min(last, head) : head) };
  }

  /** Resolves when the head is known. From the first watch to the end of the last one, the journal is read on. */
  #begin(): Promise<void> {
    this.#beginning ??= this.#findHead();
    return this.#beginning;
  }

  async #findHead(): Promise<void> {
    try {
      this.#head = await this.#parts.store.lastPosition();
    } catch (error) {
      this.#beginning = undefined;
      throw error;
    }
    this.#from = this.#head;
    this.#window = [];
    void this.#readOn();
  }

  async #readOn(): Promise<void> {
    const { clock, settings, closing } = this.#parts;
    while (this.#watches > 0 && !closing.aborted) {
      // Waiting starts before reading, so that no commit falls in between.
      const news = this.#news.wait('commit', settings.POLL_MS);
      const startedAt = clock.now();
      this.#othersMs = 0;
      try {
        await this.#readNews();
      } catch (error) {
        this.#readers.fail(error);
      }
      const endedAt = clock.now();
      const ownMs = endedAt - startedAt - this.#othersMs;
      const restsUntil = endedAt + limits.streamRest * ownMs - this.#othersMs;
      await news;
      const rest = Math.min(restsUntil - clock.now(), limits.longestStreamRestMs);
      if (rest > 0 && this.#watches > 0 && !closing.aborted) await this.#news.wait('rest', rest);
    }
    this.#beginning = undefined;
  }

  async #readNews(): Promise<void> {
    const { store } = this.#parts;
    let events: readonly JournalEvent[];
    do {
      events = await store.events({ after: this.#head, limit: limits.page });
      const last = events.at(-1);
      if (last === undefined) return;
      this.#head = last.position;
      this.#keep(events);
      await this.#readers.give(events, () => this.#endTurn());
      await this.#endTurn();
    } while (events.length === limits.page);
  }

  /** Lets the readers send what they got, and then everything else that is ready: that time is not the streams'. */
  async #endTurn(): Promise<void> {
    const { clock } = this.#parts;
    // Whoever was given something runs before the next tick.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const sentAt = clock.now();
    await new Promise<void>((resolve) => clock.soon(resolve));
    this.#othersMs += clock.now() - sentAt;
  }

  #keep(events: readonly JournalEvent[]): void {
    const all = [...this.#window, ...events];
    const dropped = all.slice(0, -limits.sharedEvents);
    this.#window = dropped.length === 0 ? all : all.slice(-limits.sharedEvents);
    this.#from = dropped.at(-1)?.position ?? this.#from;
  }
}
