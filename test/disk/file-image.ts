// The bytes of a file, and a change of them that may get lost, arrive late or be torn. It knows no disk.
import type { Chance } from './chance.ts';

export type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/** Disks write sectors of this size whole. */
const sectorBytes = 512;

export class FileImage {
  #buffer: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#buffer = bytes.slice();
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  /** A view; it is of no use after the next change. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }

  apply(change: Change): void {
    if (change.kind === 'truncate') this.#resize(change.size);
    else {
      const end = change.offset + change.bytes.length;
      if (end > this.#size) this.#resize(end);
      this.#buffer.set(change.bytes, change.offset);
    }
  }

  #resize(size: number): void {
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#buffer.length, 8192));
      larger.set(this.bytes());
      this.#buffer = larger;
    }
    // What was cut off must not come back when the file grows again.
    if (size < this.#size) this.#buffer.fill(0, size, this.#size);
    this.#size = size;
  }
}

/** What of a write may be on the disk when it was cut short: its beginning, or some of its sectors. */
export const tear = (change: Change, chance: Chance): readonly Change[] => {
  if (change.kind === 'truncate') return chance.happens(0.5) ? [change] : [];
  const { offset, bytes } = change;
  if (chance.happens(0.5)) {
    return [{ kind: 'write', offset, bytes: bytes.subarray(0, chance.below(bytes.length + 1)) }];
  }
  return toSectors(offset, bytes).filter(() => chance.happens(0.5));
};

const toSectors = (offset: number, bytes: Uint8Array): Change[] => {
  const sectors: Change[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + sectorBytes - ((offset + start) % sectorBytes));
    sectors.push({ kind: 'write', offset: offset + start, bytes: bytes.subarray(start, end) });
    start = end;
  }
  return sectors;
};

/**
 * Applies to `image` what reached the disk of `changes` that nobody waited for: none, all or some of them, in
 * any order, the last of them torn.
 */
export const applySome = (image: FileImage, changes: readonly Change[], chance: Chance): void => {
  const share = [0, 1, chance.share()][chance.below(3)] ?? 0;
  const kept = changes.filter(() => chance.happens(share));
  const arriving = chance.happens(0.5) ? kept : chance.shuffle(kept);
  const last = arriving.pop();
  for (const change of arriving) image.apply(change);
  if (last === undefined) return;
  for (const part of chance.happens(0.5) ? tear(last, chance) : [last]) image.apply(part);
};
