// The worker thread of a campaign: it runs the tasks that it is sent, and sends back their results.
import { parentPort } from 'node:worker_threads';
import { runTask, type Task } from './task.ts';

parentPort?.on('message', (task: Task) => {
  void runTask(task).then((result) => parentPort?.postMessage(result));
});
