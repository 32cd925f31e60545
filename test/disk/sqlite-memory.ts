// The memory of one machine for the files that SQLite has open: locks, and the shared memory of a write-ahead log. A power
// cut loses all of it. It never touches a disk.
import type { Sqlite3Static } from '@sqlite.org/sqlite-wasm';

type Wasm = Sqlite3Static['wasm'];

/** SQLite's lock levels of a file. */
const shared = 1;
const reserved = 2;
const exclusive = 4;

/** The locks of one file, by holder. */
export const createFileLocks = () => {
  const levels = new Map<number, number>();
  const highestOfOthers = (holder: number): number =>
    Math.max(0, ...[...levels].map(([other, level]) => (other === holder ? 0 : level)));
  return {
    /** Whether the lock was granted. */
    take: (holder: number, level: number): boolean => {
      const others = highestOfOthers(holder);
      const most = level >= exclusive ? 0 : level >= reserved ? shared : reserved;
      if (others > most) return false;
      levels.set(holder, Math.max(level, levels.get(holder) ?? 0));
      return true;
    },
    lower: (holder: number, level: number): void => {
      if (level === 0) levels.delete(holder);
      else levels.set(holder, level);
    },
    isReserved: (): boolean => [...levels.values()].some((level) => level >= reserved),
  };
};

/** Flags of SQLite's `xShmLock`. */
const unlocks = 1;
const takesExclusive = 8;

/** The memory that all connections to one log share, in regions of the WebAssembly heap. */
export const createSharedMemory = (wasm: Wasm) => {
  const regions: number[] = [];
  const slots = new Map<number, Map<number, 'shared' | 'exclusive'>>();
  const holdersOf = (slot: number) => {
    const known = slots.get(slot) ?? new Map<number, 'shared' | 'exclusive'>();
    slots.set(slot, known);
    return known;
  };
  const isFree = (slot: number, holder: number, flags: number): boolean =>
    [...holdersOf(slot)].every(
      ([other, how]) => other === holder || (how === 'shared' && (flags & takesExclusive) === 0),
    );
  return {
    /** The region's address; 0 if it does not exist and `make` is false. */
    map: (index: number, bytes: number, make: boolean): number => {
      while (make && regions.length <= index) {
        const region = wasm.alloc(bytes);
        wasm.heap8u().fill(0, region, region + bytes);
        regions.push(region);
      }
      return regions[index] ?? 0;
    },
    /** Takes or releases `count` slots from `first`. Whether it could. */
    lock: (holder: number, first: number, count: number, flags: number): boolean => {
      const wanted = Array.from({ length: count }, (_, index) => first + index);
      if (flags & unlocks) {
        for (const slot of wanted) holdersOf(slot).delete(holder);
        return true;
      }
      if (!wanted.every((slot) => isFree(slot, holder, flags))) return false;
      for (const slot of wanted) {
        holdersOf(slot).set(holder, flags & takesExclusive ? 'exclusive' : 'shared');
      }
      return true;
    },
    leave: (holder: number): void => {
      for (const holders of slots.values()) holders.delete(holder);
    },
    free: (): void => {
      for (const region of regions.splice(0)) wasm.dealloc(region);
    },
  };
};
