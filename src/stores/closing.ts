// The end of a store: after `close` every method rejects, and a second `close` waits for the first. It never
// cuts off what was asked before.
import { AppError } from '../errors.ts';

export const createDoor = () => {
  let closed: Promise<void> | undefined;
  return {
    /** A store's method from a plain function: a promise, rejected with AppError `closing` after `close`. */
    guard:
      <Given extends readonly unknown[], T>(method: (...given: Given) => T | Promise<T>) =>
      async (...given: Given): Promise<T> => {
        if (closed !== undefined) throw new AppError('closing', 'The store is closed.');
        return method(...given);
      },
    close: (finish: () => Promise<void>): Promise<void> => {
      closed ??= finish();
      return closed;
    },
  };
};
