// Memory and open sockets of a process, as the operating system reports them. It asks the process nothing, so a busy or
// stuck process is measured too.
import { readdir, readFile, readlink, stat } from 'node:fs/promises';

/** Resident memory in MiB; 0 if the process is gone. */
export const readMemory = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
};

/** Open sockets of the process, including the one it listens on. */
export const countSockets = async (pid: number): Promise<number> => {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.filter((link) => link.startsWith('socket:')).length;
};

/** Size of a file in MiB; 0 if there is none. */
export const readSize = async (path: string): Promise<number> => {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  return Math.round((size / 1_048_576) * 10) / 10;
};
