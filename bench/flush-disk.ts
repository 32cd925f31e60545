// How often the disk can flush: one page appended and flushed, again and again, in the folder of the stores.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { percentile, type RawFigures } from './figures.ts';
import type { TaskOf } from './tasks.ts';

export const flushDisk = ({ path, times }: TaskOf<'flush'>): RawFigures => {
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4096, 1);
  const took: number[] = [];
  for (let count = 0; count < times; count += 1) {
    const startedAt = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    took.push(performance.now() - startedAt);
  }
  closeSync(file);
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
};
