// What this process has used so far: CPU time of all its threads (garbage collection included), bytes handed
// to the kernel to be written, and memory. It counts everything that the process does, also what is not ours.
import { readFileSync } from 'node:fs';

interface Use {
  readonly at: number;
  readonly cpuMs: number;
  /** Bytes of all write calls (`wchar` of /proc/self/io): the log, the file, temporary files, sockets. */
  readonly writtenBytes: number;
}

const readWrittenBytes = (): number => {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
};

export const takeUse = (): Use => {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpuMs: (user + system) / 1000, writtenBytes: readWrittenBytes() };
};

/** What was used since `before`, for each of `orders`. */
export const sinceUse = (before: Use, orders: number) => {
  const now = takeUse();
  return {
    ordersPerSecond: (orders / (now.at - before.at)) * 1000,
    cpuMsPerOrder: (now.cpuMs - before.cpuMs) / orders,
    kibPerOrder: (now.writtenBytes - before.writtenBytes) / 1024 / orders,
    memoryMiB: process.memoryUsage.rss() / 1024 / 1024,
  };
};
