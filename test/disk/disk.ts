// A disk in memory that can lose its power, be full, or fail. What was written and not synced is in the cache
// alone: a power cut leaves some of it, in any order and torn. It keeps what POSIX promises and nothing more,
// and knows nothing of SQLite: it exists so that a test can cut the power at every single operation.
import { createRandom, type SeededRandom } from '../../src/simulator/random.ts';
import { applySome, type Change, FileImage, tear } from './file-image.ts';

export interface Operation {
  /** From 1, over all files of the disk. */
  readonly number: number;
  readonly kind: 'create' | 'delete' | 'read' | 'write' | 'truncate' | 'sync';
  readonly file: string;
}

/**
 * What goes wrong at an operation: there is no room for it, or the device fails. Of a write that fails, a part
 * may be there. After a sync that failed, what was to be synced may be lost, and no later sync will say so.
 */
export type Trouble = 'full' | 'io-error';

interface StoredFile {
  readonly seen: FileImage;
  readonly synced: FileImage;
  unsynced: Change[];
}

/** A name that was given or taken away, and is not in the folder on the disk yet. */
interface NameChange {
  readonly name: string;
  readonly file: StoredFile | undefined;
}

/** Files by name. */
export type Folder = ReadonlyMap<string, FileImage>;

export class Disk {
  /** What tears writes and loses syncs. */
  readonly random: SeededRandom;
  /** Asked before each operation. */
  trouble: (operation: Operation) => Trouble | undefined = () => undefined;
  readonly #names = new Map<string, StoredFile>();
  readonly #syncedNames = new Map<string, StoredFile>();
  #unsyncedNames: NameChange[] = [];
  #operations = 0;

  constructor(random: SeededRandom, contents: Folder) {
    this.random = random;
    for (const [name, image] of contents) {
      const file = { seen: image.copy(), synced: image.copy(), unsynced: [] };
      this.#names.set(name, file);
      this.#syncedNames.set(name, file);
    }
  }

  /** Operations so far. */
  get operations(): number {
    return this.#operations;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  size(name: string): number {
    return this.#names.get(name)?.seen.size ?? 0;
  }

  /** Each operation returns what went wrong. */
  create(name: string): Trouble | undefined {
    return this.#operate('create', name, () => {
      this.#name(name, toEmptyFile());
    });
  }

  delete(name: string, waits: boolean): Trouble | undefined {
    return this.#operate('delete', name, () => {
      this.#name(name, undefined);
      if (waits) this.#syncNames();
    });
  }

  /** Fills `into` from `offset`; what lies behind the end becomes zeros. */
  read(name: string, offset: number, into: Uint8Array): Trouble | undefined {
    return this.#operate('read', name, ({ seen }) => seen.read(offset, into));
  }

  write(name: string, offset: number, bytes: Uint8Array): Trouble | undefined {
    return this.#change(name, { kind: 'write', offset, bytes: bytes.slice() });
  }

  truncate(name: string, size: number): Trouble | undefined {
    return this.#change(name, { kind: 'truncate', size });
  }

  /** Waits for the file's bytes, and for the names in the folder where `andNames`. */
  sync(name: string, andNames: boolean): Trouble | undefined {
    const trouble = this.#operate('sync', name, (file) => {
      for (const change of file.unsynced) file.synced.apply(change);
      file.unsynced = [];
      if (andNames) this.#syncNames();
    });
    if (trouble !== undefined) this.#forget(name);
    return trouble;
  }

  /** The files as a program sees them. */
  contents(): Folder {
    return new Map([...this.#names].map(([name, { seen }]) => [name, seen.copy()]));
  }

  /** The files as a power cut at this moment would leave them. Other random numbers may leave something else. */
  afterPowerCut(random: SeededRandom): Folder {
    const names = new Map(this.#syncedNames);
    for (const { name, file } of this.#unsyncedNames) {
      if (random.happens(0.5)) continue;
      if (file === undefined) names.delete(name);
      else names.set(name, file);
    }
    const left = [...names].map(([name, { synced, unsynced }]): [string, FileImage] => {
      const image = synced.copy();
      applySome(image, unsynced, random);
      return [name, image];
    });
    return new Map(left);
  }

  #operate(kind: Operation['kind'], name: string, act: (file: StoredFile) => void): Trouble | undefined {
    this.#operations += 1;
    const trouble = this.trouble({ number: this.#operations, kind, file: name });
    if (trouble !== undefined) return trouble;
    act(this.#find(name));
    return undefined;
  }

  #change(name: string, change: Change): Trouble | undefined {
    const put = (part: Change) => {
      const { seen, unsynced } = this.#find(name);
      seen.apply(part);
      unsynced.push(part);
    };
    const trouble = this.#operate(change.kind, name, () => put(change));
    if (trouble !== undefined) {
      for (const part of tear(change, this.random)) put(part);
    }
    return trouble;
  }

  /** As Linux does: the pages count as clean after a sync that failed, and only some of them were written. */
  #forget(name: string): void {
    const file = this.#find(name);
    applySome(file.synced, file.unsynced, this.random);
    file.unsynced = [];
  }

  #name(name: string, file: StoredFile | undefined): void {
    if (file === undefined) this.#names.delete(name);
    else this.#names.set(name, file);
    this.#unsyncedNames.push({ name, file });
  }

  #syncNames(): void {
    this.#syncedNames.clear();
    for (const [name, file] of this.#names) this.#syncedNames.set(name, file);
    this.#unsyncedNames = [];
  }

  #find(name: string): StoredFile {
    return this.#names.get(name) ?? toEmptyFile();
  }
}

const toEmptyFile = (): StoredFile => ({
  seen: FileImage.empty(),
  synced: FileImage.empty(),
  unsynced: [],
});

/** An empty disk, or one that holds these files, whole and synced. */
export const createDisk = (seed: number, contents: Folder = new Map()): Disk =>
  new Disk(createRandom(seed), contents);
