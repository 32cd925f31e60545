// The bytes of a file, and changes that may get lost, arrive late or be torn. It knows no disk.
import type { SeededRandom } from '../../src/simulator/random.ts';

export type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/** Disks write sectors of this size whole. */
const sectorBytes = 512;
const blockBytes = 4096;
const emptyBlock = new Uint8Array(blockBytes);

/** Its blocks are never changed, only replaced, so that a copy of a file costs almost nothing. */
export class FileImage {
  readonly #blocks: Uint8Array[];
  #size: number;

  private constructor(blocks: Uint8Array[], size: number) {
    this.#blocks = blocks;
    this.#size = size;
  }

  static empty(): FileImage {
    return new FileImage([], 0);
  }

  get size(): number {
    return this.#size;
  }

  copy(): FileImage {
    return new FileImage([...this.#blocks], this.#size);
  }

  /** Reads zeros behind the end. */
  read(offset: number, into: Uint8Array): void {
    for (const { block, start, end, at } of toParts(offset, into.length)) {
      into.set((this.#blocks[block] ?? emptyBlock).subarray(start, end), at);
    }
  }

  apply(change: Change): void {
    if (change.kind === 'truncate') this.#truncate(change.size);
    else {
      for (const { block, start, end, at } of toParts(change.offset, change.bytes.length)) {
        const replaced = (this.#blocks[block] ?? emptyBlock).slice();
        replaced.set(change.bytes.subarray(at, at + end - start), start);
        while (this.#blocks.length < block) this.#blocks.push(emptyBlock);
        this.#blocks[block] = replaced;
      }
      this.#size = Math.max(this.#size, change.offset + change.bytes.length);
    }
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    this.read(0, bytes);
    return bytes;
  }

  #truncate(size: number): void {
    this.#size = size;
    this.#blocks.length = Math.min(this.#blocks.length, Math.ceil(size / blockBytes));
    const last = this.#blocks.at(-1);
    // Truncated bytes must not reappear when the file grows again.
    if (last && size % blockBytes > 0 && this.#blocks.length === Math.ceil(size / blockBytes)) {
      this.#blocks[this.#blocks.length - 1] = last.slice().fill(0, size % blockBytes);
    }
  }
}

/** The blocks that a range of a file lies in; `at` counts from the start of the range. */
const toParts = function* (offset: number, length: number) {
  for (let at = 0; at < length; ) {
    const start = (offset + at) % blockBytes;
    const end = Math.min(blockBytes, start + length - at);
    yield { block: Math.floor((offset + at) / blockBytes), start, end, at };
    at += end - start;
  }
};

/** What may be on the disk of an interrupted write: its beginning, or some of its sectors. */
export const tear = (change: Change, random: SeededRandom): readonly Change[] => {
  if (change.kind === 'truncate') return random.happens(0.5) ? [change] : [];
  const { offset, bytes } = change;
  if (random.happens(0.5)) {
    return [{ kind: 'write', offset, bytes: bytes.subarray(0, random.between(0, bytes.length)) }];
  }
  return toSectors(offset, bytes).filter(() => random.happens(0.5));
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
 * Applies to `image` what reached the disk of `changes` that were not synced: none, all or some of them, in any order,
 * the last of them torn.
 */
export const applySome = (image: FileImage, changes: readonly Change[], random: SeededRandom): void => {
  const share = [0, 1, random.fraction()][random.between(0, 2)] ?? 0;
  const kept = changes.filter(() => random.happens(share));
  const arriving = random.happens(0.5) ? kept : random.shuffle(kept);
  const last = arriving.pop();
  for (const change of arriving) image.apply(change);
  if (last === undefined) return;
  for (const part of random.happens(0.5) ? tear(last, random) : [last]) image.apply(part);
};
