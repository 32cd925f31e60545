// One change at a time, in the order of asking: what a change was decided on stays true until it is written. It
// never drops a turn.

/** Waits for its turn; the returned function ends it. Ending it twice does nothing. */
export type TakeTurn = () => Promise<() => void>;

export const createTurns = (): TakeTurn => {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = last;
    last = promise;
    await before;
    return resolve;
  };
};

/** A change that takes one turn. */
export const inTurn = async <T>(takeTurn: TakeTurn, change: () => T | Promise<T>): Promise<T> => {
  const end = await takeTurn();
  try {
    return await change();
  } finally {
    end();
  }
};
