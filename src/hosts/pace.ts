// How fast messages are committed, learned from the commits themselves. It decides nothing: whoever asks how long
// one more message would wait draws the conclusion.

/** Smaller commits say little about a message: most of their time is the flush. */
const telling = 16;
/** Weight of the newest commit. */
const newest = 0.25;
/** What seems to take longer was no commit: the clock was set, or the process stood still. */
const longestMs = 1000;

export class Pace {
  #msPerMessage = 0;

  /** A commit of so many messages took so long, from its beginning until the next could begin. */
  note(messages: number, ms: number): void {
    const measured = Math.min(Math.max(ms, 0), longestMs) / messages;
    if (messages < telling && measured > this.#msPerMessage) return;
    this.#msPerMessage += (measured - this.#msPerMessage) * (this.#msPerMessage === 0 ? 1 : newest);
  }

  /** ms that the last of so many waiting messages waits until it is committed. */
  waitOf(messages: number): number {
    return messages * this.#msPerMessage;
  }
}
