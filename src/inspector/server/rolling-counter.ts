// Counts by name over the last so many seconds. Memory grows with the number of names, never with the counts.

export class RollingCounter {
  readonly #seconds: Map<string, number>[] = [];
  readonly #sums = new Map<string, number>();
  readonly #length: number;
  #current = new Map<string, number>();

  /** @param length how many whole seconds are remembered */
  constructor(length: number) {
    this.#length = length;
  }

  add(name: string, count = 1): void {
    if (count === 0) return;
    this.#current.set(name, (this.#current.get(name) ?? 0) + count);
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + count);
  }

  endSecond(): void {
    this.#seconds.push(this.#current);
    this.#current = new Map();
    if (this.#seconds.length <= this.#length) return;
    for (const [name, count] of this.#seconds.shift() ?? []) {
      const left = (this.#sums.get(name) ?? 0) - count;
      if (left > 0) this.#sums.set(name, left);
      else this.#sums.delete(name);
    }
  }

  /** Of each name: the last whole second, and everything that is remembered. */
  read(): Record<string, { readonly now: number; readonly recent: number }> {
    const last = this.#seconds.at(-1);
    return Object.fromEntries(
      [...this.#sums].map(([name, recent]) => [name, { now: last?.get(name) ?? 0, recent }]),
    );
  }
}
