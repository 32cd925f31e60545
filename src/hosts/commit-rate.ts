// How fast messages are committed, learned from the commits themselves. It decides nothing: callers that ask how long
// one more message would wait draw the conclusion.

/** Smaller commits say little about a message: most of their time is the flush. */
const leastMessages = 16;
/** Weight of the newest commit. */
const newestWeight = 0.25;
/** What seems to take longer was no commit: the clock was set, or the process was paused. */
const longestMs = 1000;

export class CommitRate {
  #msPerMessage = 0;

  /** A commit of this many messages took this long, from its beginning until the next could begin. */
  note(messages: number, ms: number): void {
    const measured = Math.min(Math.max(ms, 0), longestMs) / messages;
    if (messages < leastMessages && measured > this.#msPerMessage) return;
    this.#msPerMessage += (measured - this.#msPerMessage) * (this.#msPerMessage === 0 ? 1 : newestWeight);
  }

  /** ms that the last of this many waiting messages waits for its commit. */
  waitOf(messages: number): number {
    return messages * this.#msPerMessage;
  }
}
