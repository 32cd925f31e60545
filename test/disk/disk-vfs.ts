// SQLite's file layer over simulated disks: the one place that knows both. One WebAssembly SQLite serves all the disks of
// a process. A disk's failure becomes the result that SQLite's own layer for Unix would return; none is caused here.
import init from '@sqlite.org/sqlite-wasm';
import type { Disk, DiskFailure, Operation } from './disk.ts';
import { createFileLocks, createSharedMemory } from './sqlite-memory.ts';

export const sqlite3 = await init();
// It prints what it throws.
Object.assign(sqlite3.config, { warn: () => undefined });
const { capi, wasm } = sqlite3;
export const vfsName = 'simulated-disk';

interface Machine {
  readonly disk: Disk;
  readonly locks: Map<string, ReturnType<typeof createFileLocks>>;
  readonly shared: Map<string, ReturnType<typeof createSharedMemory>>;
}

/** A file that SQLite has open. */
interface OpenFile {
  readonly machine: Machine;
  readonly name: string;
  /** The first sync of a log or journal waits for the folder too, also if it was there before: as in SQLite's layer for Unix. */
  awaitsFolder: boolean;
  readonly goesWhenClosed: boolean;
}

const machines = new Map<string, Machine>();
const openFiles = new Map<number, OpenFile>();
let count = 0;
let latest: Disk | undefined;

/** A machine with this disk in it. `toPath` is how SQLite calls a file of it. */
export const mountDisk = (disk: Disk): { toPath(name: string): string; stop(): void } => {
  count += 1;
  const folder = `/${count}/`;
  const machine: Machine = { disk, locks: new Map(), shared: new Map() };
  machines.set(folder, machine);
  // SQLite draws the salts of its log anew, from the random numbers of this disk.
  latest = disk;
  capi.sqlite3_randomness(0, 0);
  return {
    toPath: (name) => `${folder}${name}`,
    stop: () => {
      for (const memory of machine.shared.values()) memory.free();
      machines.delete(folder);
    },
  };
};

/** @throws Error for a path of no machine that runs. */
const resolve = (path: string | null): { machine: Machine; name: string } => {
  const end = (path ?? '').lastIndexOf('/') + 1;
  const machine = machines.get((path ?? '').slice(0, end));
  if (machine === undefined) throw new Error(`${path} is on no disk`);
  return { machine, name: (path ?? '').slice(end) };
};
const fileAt = (pointer: number): OpenFile => {
  const file = openFiles.get(pointer);
  if (file === undefined) throw new Error('SQLite uses a file that is not open');
  return file;
};
const getOrMake = <T>(known: Map<string, T>, name: string, make: () => T): T => {
  const found = known.get(name) ?? make();
  known.set(name, found);
  return found;
};
const locksOf = ({ machine, name }: OpenFile) => getOrMake(machine.locks, name, createFileLocks);
const memoryOf = ({ machine, name }: OpenFile) =>
  getOrMake(machine.shared, name, () => createSharedMemory(wasm));

const toResult = (kind: Operation['kind'], failure: DiskFailure | undefined) => {
  if (failure === undefined) return capi.SQLITE_OK;
  if (failure === 'full' && kind === 'write') return capi.SQLITE_FULL;
  switch (kind) {
    case 'create':
      return capi.SQLITE_CANTOPEN;
    case 'delete':
      return capi.SQLITE_IOERR_DELETE;
    case 'read':
      return capi.SQLITE_IOERR_READ;
    case 'write':
      return capi.SQLITE_IOERR_WRITE;
    case 'truncate':
      return capi.SQLITE_IOERR_TRUNCATE;
    case 'sync':
      return capi.SQLITE_IOERR_FSYNC;
  }
};

const io = new capi.sqlite3_io_methods();
// The second version is the one that has shared memory.
Object.assign(io, { $iVersion: 2 });
const vfs = new capi.sqlite3_vfs();
vfs.$iVersion = 1;
const anyFile = new capi.sqlite3_file();
vfs.$szOsFile = anyFile.structInfo.sizeof;
anyFile.dispose();
vfs.$mxPathname = 512;

const journals = capi.SQLITE_OPEN_WAL | capi.SQLITE_OPEN_MAIN_JOURNAL | capi.SQLITE_OPEN_SUPER_JOURNAL;
/** SQLITE_IOCAP_POWERSAFE_OVERWRITE, as on Unix: a write that is cut short changes no byte outside itself. */
io.installMethods({ xDeviceCharacteristics: () => 0x1000 });

sqlite3.vfs.installVfs({
  vfs: {
    struct: vfs,
    name: vfsName,
    // SQLite asks the default layer for its random numbers.
    asDefault: true,
    methods: {
      xOpen: (_vfs, path, pointer, flags, outFlags) => {
        const { machine, name } = resolve(wasm.cstrToJs(path));
        const isNew = !machine.disk.has(name);
        if (isNew && (flags & capi.SQLITE_OPEN_CREATE) === 0) return capi.SQLITE_CANTOPEN;
        const failure = isNew ? machine.disk.create(name) : undefined;
        if (failure !== undefined) return toResult('create', failure);
        openFiles.set(pointer, {
          machine,
          name,
          awaitsFolder: (flags & capi.SQLITE_OPEN_CREATE) !== 0 && (flags & journals) !== 0,
          goesWhenClosed: (flags & capi.SQLITE_OPEN_DELETEONCLOSE) !== 0,
        });
        const file = new capi.sqlite3_file(pointer);
        file.$pMethods = io.pointer;
        file.dispose();
        if (outFlags) wasm.poke32(outFlags, flags);
        return capi.SQLITE_OK;
      },
      xDelete: (_vfs, path, waits) => {
        const { machine, name } = resolve(wasm.cstrToJs(path));
        if (!machine.disk.has(name)) return capi.SQLITE_IOERR_DELETE_NOENT;
        return toResult('delete', machine.disk.delete(name, waits !== 0));
      },
      xAccess: (_vfs, path, _flags, out) => {
        const { machine, name } = resolve(wasm.cstrToJs(path));
        wasm.poke32(out, Number(machine.disk.has(name)));
        return capi.SQLITE_OK;
      },
      xFullPathname: (_vfs, path, most, out) =>
        wasm.cstrncpy(out, path, most) < most ? capi.SQLITE_OK : capi.SQLITE_CANTOPEN,
      xRandomness: (_vfs, bytes, out) => {
        const heap = wasm.heap8u();
        for (let index = 0; index < bytes; index += 1)
          heap[out + index] = latest?.random.between(0, 255) ?? 0;
        return capi.SQLITE_OK;
      },
      xSleep: () => capi.SQLITE_OK,
      xCurrentTime: (_vfs, out) => {
        wasm.poke(out, 2_461_042.5, 'double');
        return capi.SQLITE_OK;
      },
      xGetLastError: () => undefined,
    },
  },
  io: {
    struct: io,
    methods: {
      xClose: (pointer) => {
        const file = fileAt(pointer);
        locksOf(file).lower(pointer, 0);
        openFiles.delete(pointer);
        if (file.goesWhenClosed) file.machine.disk.delete(file.name, false);
        return capi.SQLITE_OK;
      },
      xRead: (pointer, buffer, bytes, offset) => {
        const { machine, name } = fileAt(pointer);
        const into = wasm.heap8u().subarray(buffer, buffer + bytes);
        const failure = machine.disk.read(name, Number(offset), into);
        if (failure !== undefined) return toResult('read', failure);
        const isWhole = Number(offset) + bytes <= machine.disk.size(name);
        return isWhole ? capi.SQLITE_OK : capi.SQLITE_IOERR_SHORT_READ;
      },
      xWrite: (pointer, buffer, bytes, offset) => {
        const { machine, name } = fileAt(pointer);
        const from = wasm.heap8u().subarray(buffer, buffer + bytes);
        return toResult('write', machine.disk.write(name, Number(offset), from));
      },
      xTruncate: (pointer, size) => {
        const { machine, name } = fileAt(pointer);
        return toResult('truncate', machine.disk.truncate(name, Number(size)));
      },
      xSync: (pointer) => {
        const file = fileAt(pointer);
        const failure = file.machine.disk.sync(file.name, file.awaitsFolder);
        if (failure === undefined) file.awaitsFolder = false;
        return toResult('sync', failure);
      },
      xFileSize: (pointer, out) => {
        const { machine, name } = fileAt(pointer);
        wasm.poke(out, machine.disk.size(name), 'i64');
        return capi.SQLITE_OK;
      },
      xLock: (pointer, level) =>
        locksOf(fileAt(pointer)).take(pointer, level) ? capi.SQLITE_OK : capi.SQLITE_BUSY,
      xUnlock: (pointer, level) => {
        locksOf(fileAt(pointer)).lower(pointer, level);
        return capi.SQLITE_OK;
      },
      xCheckReservedLock: (pointer, out) => {
        wasm.poke32(out, Number(locksOf(fileAt(pointer)).isReserved()));
        return capi.SQLITE_OK;
      },
      xFileControl: () => capi.SQLITE_NOTFOUND,
      xShmMap: (pointer, index, bytes, make, out) => {
        wasm.pokePtr(out, memoryOf(fileAt(pointer)).map(index, bytes, make !== 0));
        return capi.SQLITE_OK;
      },
      xShmLock: (pointer, first, slots, flags) =>
        memoryOf(fileAt(pointer)).lock(pointer, first, slots, flags) ? capi.SQLITE_OK : capi.SQLITE_BUSY,
      xShmBarrier: () => undefined,
      xShmUnmap: (pointer) => {
        memoryOf(fileAt(pointer)).leave(pointer);
        return capi.SQLITE_OK;
      },
    },
  },
});
