// The measured process: does the one task that its command line names, and reports to its parent process.

import { drive } from './drive-http.ts';
import type { RawFigures } from './figures.ts';
import { fill } from './fill.ts';
import { flushDisk } from './flush-disk.ts';
import { list } from './list-http.ts';
import { runNode } from './run-node.ts';
import { runOrders } from './run-orders.ts';
import { runPlainly } from './run-plainly.ts';
import { serve } from './serve-http.ts';
import { task as anyTask, type Task } from './tasks.ts';
import { park, resume, strand } from './waiting-orders.ts';

const report = (figures: RawFigures): void => {
  if (process.send) process.send(figures);
  else console.log(JSON.stringify(figures));
};

const perform = async (task: Task): Promise<void> => {
  switch (task.do) {
    case 'run':
      return report(await runOrders(task));
    case 'node':
      return runNode(task, report);
    case 'serve':
      return serve(task, report);
    case 'drive':
      return report(await drive(task));
    case 'list':
      return report(await list(task));
    case 'plain':
      return report(await runPlainly(task));
    case 'flush':
      return report(flushDisk(task));
    case 'park':
      return report(await park(task));
    case 'strand':
      return report(await strand(task));
    case 'resume':
      return report(await resume(task));
    case 'fill':
      return report(await fill(task));
  }
};

await perform(anyTask.parse(JSON.parse(process.argv[2] ?? '')));
process.disconnect?.();
