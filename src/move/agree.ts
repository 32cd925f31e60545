// Whether a store may be moved to another one, and from where on: decided from what both say of themselves. It changes nothing.
import { AppError } from '../errors.ts';
import type { MovableStore, MoveMark } from '../move.ts';

/** Undefined: there is no copy yet. */
export type Agreed = MoveMark | undefined;

const refuse = (text: string): never => {
  throw new AppError('invalid-setting', text);
};

const requireEmpty = async ({ address, tables, count }: MovableStore): Promise<void> => {
  for (const table of tables) {
    // Every store begins with an epoch.
    if (table.name === 'epochs') continue;
    if ((await count(table)) > 0) {
      refuse(`${address} is not empty: its ${table.name} have rows. A store is moved to an empty one.`);
    }
  }
};

/** The mark of the target, of a move that was interrupted. @throws AppError `invalid-setting`. */
export const agree = async (source: MovableStore, target: MovableStore): Promise<Agreed> => {
  const [leaving, arriving] = [await source.mark(), await target.mark()];
  if (leaving?.role === 'target') {
    return refuse(`${source.address} is the target of a move from ${leaving.other} that is not complete.`);
  }
  if (arriving?.role === 'source') {
    return refuse(`${target.address} was moved to ${arriving.other}, or is being moved there.`);
  }
  if (arriving !== undefined) {
    if (arriving.moveId === leaving?.moveId) return arriving;
    const text = `${target.address} has a part of ${arriving.other}, by a move that was interrupted or given up`;
    return refuse(`${text}. Empty it, and move again.`);
  }
  if (leaving?.isComplete) return refuse(`${source.address} was moved to ${leaving.other} already.`);
  await requireEmpty(target);
  return undefined;
};
