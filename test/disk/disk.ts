// A disk in memory that can lose power, be full, or fail. What was written and not synced is in the cache alone: a power
// cut leaves some of it, in any order and torn. It guarantees what POSIX does and nothing more, and knows nothing of
// SQLite.
import { createRandom, type SeededRandom } from '../../src/simulator/random.ts';
import { applySome, type Change, FileImage, tear } from './file-image.ts';

export interface Operation {
  /** From 1, over all files of the disk. */
  readonly number: number;
  readonly kind: 'create' | 'delete' | 'read' | 'write' | 'truncate' | 'sync';
  readonly file: string;
}

/**
 * How an operation fails: the disk is full, or the device returns an error. A write that fails may be done in part. After
 * a failed sync the data may be lost, and no later sync reports it.
 */
export type DiskFailure = 'full' | 'io-error';

interface StoredFile {
  readonly seen: FileImage;
  readonly synced: FileImage;
  unsynced: Change[];
}

/** A file that was created or deleted, while the folder is not synced yet. */
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
  failureOf: (operation: Operation) => DiskFailure | undefined = () => undefined;
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

  /** Each operation returns its failure. */
  create(name: string): DiskFailure | undefined {
    return this.#operate('create', name, () => {
      this.#name(name, toEmptyFile());
    });
  }

  delete(name: string, waits: boolean): DiskFailure | undefined {
    return this.#operate('delete', name, () => {
      this.#name(name, undefined);
      if (waits) this.#syncNames();
    });
  }

  /** Fills `into` from `offset`; with zeros behind the end. */
  read(name: string, offset: number, into: Uint8Array): DiskFailure | undefined {
    return this.#operate('read', name, ({ seen }) => seen.read(offset, into));
  }

  write(name: string, offset: number, bytes: Uint8Array): DiskFailure | undefined {
    return this.#change(name, { kind: 'write', offset, bytes: bytes.slice() });
  }

  truncate(name: string, size: number): DiskFailure | undefined {
    return this.#change(name, { kind: 'truncate', size });
  }

  /** Syncs the file, and its folder if `andNames`. */
  sync(name: string, andNames: boolean): DiskFailure | undefined {
    const failure = this.#operate('sync', name, (file) => {
      for (const change of file.unsynced) file.synced.apply(change);
      file.unsynced = [];
      if (andNames) this.#syncNames();
    });
    if (failure !== undefined) this.#forget(name);
    return failure;
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

  #operate(kind: Operation['kind'], name: string, act: (file: StoredFile) => void): DiskFailure | undefined {
    this.#operations += 1;
    const failure = this.failureOf({ number: this.#operations, kind, file: name });
    if (failure !== undefined) return failure;
    act(this.#find(name));
    return undefined;
  }

  #change(name: string, change: Change): DiskFailure | undefined {
    const put = (part: Change) => {
      const { seen, unsynced } = this.#find(name);
      seen.apply(part);
      unsynced.push(part);
    };
    const failure = this.#operate(change.kind, name, () => put(change));
    if (failure !== undefined) {
      for (const part of tear(change, this.random)) put(part);
    }
    return failure;
  }

  /** As Linux does: after a failed sync all pages count as clean, and only some of them were written. */
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
