// One connection to the server for everything that is live: it is opened again whenever somebody wants something else, and
// continues each channel after the last event that came. It runs in a worker that all tabs share, or in the page where there
// is none, and knows nothing of tabs.

/** The flow with a filter, by the names in its address, or one order. */
export type Target = { readonly flow: Readonly<Record<string, string>> } | { readonly order: string };
/** Gets each event; `offline` when the connection has broken. */
export type Listener = (event: string, data: string) => void;

interface Channel {
  readonly target: Target;
  readonly listeners: Set<Listener>;
  /** The last event that all listeners have. */
  after: number;
}

const events = ['samples', 'flow', 'point', 'now', 'broken', 'refused'] as const;
/** What changes within this time becomes one new connection. */
const gatherMs = 20;
const firstRetryMs = 1000;
const longestRetryMs = 8000;
/** A flow that was refused, for there are too many, is asked for again. */
const refusedRetryMs = 10_000;
/** As many as the server takes in one connection (`limits.sharedChannels`). */
const mostChannels = 50;

export class LiveHub {
  readonly #address: string;
  readonly #channels = new Map<string, Channel>();
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = firstRetryMs;

  /** @param address of the server's shared connection */
  constructor(address: string) {
    this.#address = address;
  }

  /** Who joins gets everything from the start. It may reach who is there already once more. */
  join(target: Target, listener: Listener): () => void {
    const key = JSON.stringify(target);
    const channel = this.#channels.get(key) ?? { target, listeners: new Set(), after: 0 };
    this.#channels.set(key, channel);
    channel.listeners.add(listener);
    channel.after = 0;
    this.#openIn(gatherMs);
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size > 0 || this.#channels.get(key) !== channel) return;
      this.#channels.delete(key);
      this.#openIn(gatherMs);
    };
  }

  #openIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), ms);
  }

  #open(): void {
    this.#source?.close();
    this.#source = undefined;
    const all = [...this.#channels.values()];
    const channels = all.slice(0, mostChannels);
    const reason = `${mostChannels} different orders and filters are open in this browser, the most at the same time. Close a tab.`;
    for (const channel of all.slice(mostChannels)) this.#pass(channel, 'refused', JSON.stringify({ reason }));
    if (channels.length === 0) return;
    const wanted = JSON.stringify(channels.map(({ target, after }) => ({ ...target, after })));
    const source = new EventSource(`${this.#address}?channels=${encodeURIComponent(wanted)}`);
    this.#source = source;
    source.onopen = () => {
      this.#retryMs = firstRetryMs;
    };
    source.onerror = () => {
      source.close();
      for (const channel of channels) this.#pass(channel, 'offline', '');
      this.#openIn(this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
    };
    for (const [place, channel] of channels.entries()) this.#listen(source, place, channel);
  }

  #listen(source: EventSource, place: number, channel: Channel): void {
    for (const event of events) {
      source.addEventListener(`${event}:${place}`, ({ data, lastEventId }: MessageEvent<string>) => {
        channel.after = Number(lastEventId);
        this.#pass(channel, event, data);
        if (event === 'refused' && 'flow' in channel.target) this.#openIn(refusedRetryMs);
      });
    }
  }

  #pass({ listeners }: Channel, event: string, data: string): void {
    for (const listener of listeners) listener(event, data);
  }
}
