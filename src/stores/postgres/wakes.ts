// Tells other nodes what this one committed, and passes on what they tell. News are sent after the commit, on the connection that
// listens: a NOTIFY within a batch would keep all nodes' commits in one queue. What is lost of them is found by looking now and then.
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import { type Change, type ChangeTopic, changeTopics } from '../../nodes.ts';
import type { BatchWrite } from '../../store.ts';
import { type Statement, sql } from './statement.ts';

/** `nodes`: one has come or gone. */
const topic = z.enum([...changeTopics, 'nodes']);

const news = z.object({
  from: z.string().optional(),
  topics: z.array(topic),
  orderIds: z.array(z.string()).optional(),
});
type News = z.output<typeof news>;
type Topic = z.output<typeof topic>;

/** Undefined for what no node of this release sends. */
const readNews = (text: string): News | undefined => {
  try {
    return news.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

interface WakeParts {
  readonly nodeId: string;
  readonly channel: string;
  readonly clock: Pick<Clock, 'schedule'>;
  send(statement: Statement): Promise<unknown>;
  /** Whether anybody is there to be told. */
  hasOthers(): boolean;
  /** Another node has come or gone. */
  nodesChanged(): void;
}

/** What others need to know of a batch. */
const findTopics = ({ orders, lease }: BatchWrite): ReadonlySet<ChangeTopic> => {
  const topics = new Set<ChangeTopic>();
  if (orders.some(({ events }) => events.length > 0)) topics.add('events');
  const isFree = lease.until === 0 && orders.some(({ calls }) => calls.length > 0);
  if (isFree) topics.add('calls');
  return topics;
};

export class Wakes {
  readonly #parts: WakeParts;
  readonly #listeners = new Set<(change: Change) => void>();
  #topics = new Set<Topic>();
  /** Of events that are not told yet; undefined: too many. */
  #orderIds: Set<string> | undefined = new Set();
  #bytes = 0;
  #isTelling = false;

  constructor(parts: WakeParts) {
    this.#parts = parts;
  }

  onChange = (listener: (change: Change) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Says that `topics` may have changed. */
  pass(topics: Iterable<ChangeTopic>, orderIds?: readonly string[]): void {
    for (const each of topics) {
      const change: Change = each === 'events' && orderIds ? { topic: each, orderIds } : { topic: each };
      for (const listener of this.#listeners) listener(change);
    }
  }

  /** Takes what was heard. */
  hear(text: string): void {
    const heard = readNews(text);
    if (heard === undefined || heard.from === this.#parts.nodeId) return;
    if (heard.topics.includes('nodes')) this.#parts.nodesChanged();
    this.pass(
      changeTopics.filter((each) => heard.topics.includes(each)),
      heard.orderIds,
    );
  }

  /** A batch of this node is stored. */
  noteStored(write: BatchWrite): void {
    if (!this.#parts.hasOthers()) return;
    const topics = findTopics(write);
    if (topics.size === 0) return;
    for (const each of topics) this.#topics.add(each);
    for (const { orderId, events } of write.orders) if (events.length > 0) this.#addOrder(orderId);
    void this.#tell();
  }

  /** This node has come, or goes. */
  async tellNodes(): Promise<void> {
    await this.#send({ topics: ['nodes'] });
  }

  #addOrder(orderId: string): void {
    if (this.#orderIds === undefined || this.#orderIds.has(orderId)) return;
    this.#bytes += Buffer.byteLength(JSON.stringify(orderId)) + 1;
    this.#orderIds.add(orderId);
    if (this.#bytes > limits.nodes.toldBytes) this.#orderIds = undefined;
  }

  /** One telling at a time, and after each a rest: what is committed meanwhile is told with the next. */
  async #tell(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    while (this.#topics.size > 0) {
      const told: News = {
        topics: [...this.#topics],
        ...(this.#orderIds && { orderIds: [...this.#orderIds] }),
      };
      this.#topics = new Set();
      this.#orderIds = new Set();
      this.#bytes = 0;
      await this.#send(told);
      await new Promise<void>((resolve) => {
        this.#parts.clock.schedule(resolve, limits.nodes.tellMs);
      });
    }
    this.#isTelling = false;
  }

  async #send(told: News): Promise<void> {
    const { channel, nodeId, send } = this.#parts;
    try {
      await send(sql('SELECT pg_notify($1, $2)', [channel, JSON.stringify({ from: nodeId, ...told })]));
    } catch {
      // Others look by themselves.
    }
  }
}
