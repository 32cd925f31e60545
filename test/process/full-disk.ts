// A disk that gets full while the service runs and can grow: a small file system in memory that only the service sees.
// It needs Linux and root, and nothing of it is left after the test.
import { copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Program } from '../e2e/server.ts';

const smallMiB = 3;
const largeMiB = 64;

export interface SmallFileSystem {
  /** The command prefix with which the service sees it. */
  readonly commandPrefix: readonly string[];
  /** Its path, as the service sees it. */
  readonly storeFolder: string;
  grow(): Promise<void>;
  /** Copies the store of a stopped service to where it can be read; resolves with the path. */
  copyStore(): Promise<string>;
  close(): Promise<void>;
}

/** A mount namespace with a tmpfs in it: both end with the process that holds them. */
const launchHolder = (storeFolder: string): Program => {
  const script = `mount -t tmpfs -o size=${smallMiB}m tmpfs '${storeFolder}' && echo mounted && exec cat`;
  return launch(['unshare', '--mount', 'sh', '-c', script], tmpdir(), {});
};

/** Whether this machine allows it. */
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
  const commandPrefix = ['nsenter', '--target', String(holder.pid), '--mount', '--'];
  return {
    commandPrefix,
    storeFolder,
    grow: async () => {
      const command = [...commandPrefix, 'mount', '-o', `remount,size=${largeMiB}m`, storeFolder];
      const mount = launch(command, folder, {});
      const { code } = await mount.ended;
      if (code !== 0) throw new Error(mount.output());
    },
    copyStore: async () => {
      // A service that stops writes its log back into the file.
      const copy = join(folder, 'copied.db');
      await copyFile(join(`/proc/${holder.pid}/root`, storeFolder, 'orders.db'), copy);
      return copy;
    },
    close: async () => {
      holder.send('SIGKILL');
      await holder.ended;
    },
  };
};
