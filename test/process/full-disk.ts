// A disk that gets full while the service runs, and has room again: a small file system in memory, seen by the
// service alone. It needs Linux and root, and nothing of it outlives the test.
import { copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Program } from '../e2e/server.ts';

const smallMiB = 3;
const wideMiB = 64;

export interface SmallFileSystem {
  /** What the service has to be started by, so that it sees it. */
  readonly through: readonly string[];
  /** Where the service sees it. */
  readonly storeFolder: string;
  widen(): Promise<void>;
  /** A copy of the store of a service that has stopped, where it can be read. */
  rescue(): Promise<string>;
  close(): Promise<void>;
}

/** A mount namespace of its own with a tmpfs in it: both go with the process that holds them. */
const launchHolder = (storeFolder: string): Program => {
  const script = `mount -t tmpfs -o size=${smallMiB}m tmpfs '${storeFolder}' && echo mounted && exec cat`;
  return launch(['unshare', '--mount', 'sh', '-c', script], tmpdir(), {});
};

/** Whether this machine lets us mount one. */
export const canMount = async (): Promise<boolean> => {
  try {
    const holder = launchHolder(tmpdir());
    await holder.untilPrinted(/mounted/);
    holder.send('SIGKILL');
    return true;
  } catch {
    return false;
  }
};

export const openSmallFileSystem = async (folder: string): Promise<SmallFileSystem> => {
  const storeFolder = join(folder, 'disk');
  await mkdir(storeFolder);
  const holder = launchHolder(storeFolder);
  await holder.untilPrinted(/mounted/);
  const through = ['nsenter', '--target', String(holder.pid), '--mount', '--'];
  return {
    through,
    storeFolder,
    widen: async () => {
      const words = [...through, 'mount', '-o', `remount,size=${wideMiB}m`, storeFolder];
      const mount = launch(words, folder, {});
      const { code } = await mount.ended;
      if (code !== 0) throw new Error(mount.output());
    },
    rescue: async () => {
      // A stopped service leaves its log in the file itself.
      const copy = join(folder, 'rescued.db');
      await copyFile(join(`/proc/${holder.pid}/root`, storeFolder, 'orders.db'), copy);
      return copy;
    },
    close: async () => {
      holder.send('SIGKILL');
      await holder.ended;
    },
  };
};
