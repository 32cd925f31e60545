// A map with a bound: what was set the longest ago makes room.

export class NewestMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: Key, value: Value): this {
    this.delete(key);
    super.set(key, value);
    if (this.size <= this.#most) return this;
    const { value: oldest, done } = this.keys().next();
    if (done !== true) this.delete(oldest);
    return this;
  }
}
