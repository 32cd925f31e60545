// The span of a task, from its arrival at the host until its commit is answered. It changes nothing of what the task does.
import type { SystemView } from '../step/view.ts';
import type { Tracing } from '../tracing.ts';
import { messageOf, type Task } from './task.ts';

/** The same task, with a span that ends when it is done. */
export const traceTask = <View extends SystemView>(tracing: Tracing, task: Task<View>): Task<View> => {
  const { kind, orderId } = task;
  const callId = kind === 'reply' || kind === 'answer-inside' ? task.call.callId : undefined;
  const span = tracing.startMessage({ kind, orderId, type: messageOf(task)?.type, callId });
  void tracing.endMessage(span, callId, task.done.promise);
  return { ...task, span };
};
