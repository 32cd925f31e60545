// Who waits at the head of the journal, and for what. Those who want the same are one group: they get one array, so that
// what is made of it can be shared. It reads nothing, and keeps nothing for anybody.
import { limits } from '../limits.ts';
import type { JournalEvent } from '../store.ts';

/** What a reader wants of the journal: everything, or what belongs to one order, or is of some types. */
export interface Wanted {
  readonly orderId?: string;
  readonly types?: readonly string[];
}

export interface Reader {
  /** Resolves with the next events that are wanted; with undefined if the reader left before. */
  readonly given: Promise<readonly JournalEvent[] | undefined>;
  leave(): void;
}

interface Waiting {
  readonly after: number;
  readonly answer: PromiseWithResolvers<readonly JournalEvent[] | undefined>;
}

interface Group {
  readonly wanted: Wanted;
  readonly waiting: Set<Waiting>;
}

/** The groups of one order, or (undefined) of all, by the types that they want. */
type Groups = Map<string | undefined, Map<string, Group>>;

export const isWanted = ({ orderId, types }: Wanted, event: JournalEvent): boolean =>
  (orderId === undefined || event.orderId === orderId) && (types === undefined || types.includes(event.type));

export class JournalReaders {
  readonly #groups: Groups = new Map();

  /** A reader that has everything up to `after`. */
  add(wanted: Wanted, after: number): Reader {
    const { waiting } = this.#groupOf(wanted);
    const reader: Waiting = { after, answer: Promise.withResolvers() };
    waiting.add(reader);
    return {
      given: reader.answer.promise,
      leave: () => {
        waiting.delete(reader);
        this.#drop(wanted, waiting);
        reader.answer.resolve(undefined);
      },
    };
  }

  /**
   * Gives each reader what it wants of the newest events; who wants none of them waits on. After each hundred readers `rest`
   * is awaited, so that sending to thousands holds nobody up.
   */
  async give(events: readonly JournalEvent[], rest: () => Promise<void>): Promise<void> {
    let given = 0;
    for (const topic of new Set([undefined, ...events.map(({ orderId }) => orderId)])) {
      for (const { wanted, waiting } of [...(this.#groups.get(topic)?.values() ?? [])]) {
        const chosen = events.filter((event) => isWanted(wanted, event));
        const first = chosen[0];
        if (first === undefined) continue;
        for (const reader of [...waiting]) {
          if (!waiting.has(reader)) continue;
          const isAhead = first.position <= reader.after;
          const own = isAhead ? chosen.filter(({ position }) => position > reader.after) : chosen;
          if (own.length === 0) continue;
          waiting.delete(reader);
          reader.answer.resolve(own);
          given += 1;
          if (given % limits.readersAtOnce === 0) await rest();
        }
        this.#drop(wanted, waiting);
      }
    }
  }

  /** Nothing can be read: whoever waits gets the error. */
  fail(error: unknown): void {
    const groups = [...this.#groups.values()].flatMap((each) => [...each.values()]);
    this.#groups.clear();
    for (const { waiting } of groups) for (const { answer } of waiting) answer.reject(error);
  }

  #groupOf(wanted: Wanted): Group {
    const ofTopic = this.#groups.get(wanted.orderId) ?? new Map<string, Group>();
    this.#groups.set(wanted.orderId, ofTopic);
    const name = toName(wanted);
    const group = ofTopic.get(name) ?? { wanted, waiting: new Set() };
    ofTopic.set(name, group);
    return group;
  }

  #drop(wanted: Wanted, waiting: ReadonlySet<Waiting>): void {
    const ofTopic = this.#groups.get(wanted.orderId);
    if (waiting.size > 0 || ofTopic?.get(toName(wanted))?.waiting !== waiting) return;
    ofTopic.delete(toName(wanted));
    if (ofTopic.size === 0) this.#groups.delete(wanted.orderId);
  }
}

const toName = ({ types }: Wanted): string => JSON.stringify(types ?? null);
