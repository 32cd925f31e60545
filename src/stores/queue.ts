// One task at a time, in the order of asking. It never drops a task, and a task that fails does not stop the
// next. It exists because `decide` is async: nothing else may run between a transaction's begin and its end.

export type Queue = <T>(task: () => Promise<T>) => Promise<T>;

export const createQueue = (): Queue => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
};
