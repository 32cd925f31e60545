// What a store that is being moved, or was moved away, says of itself, for those who want to use it. It reads no store.
import { AppError } from '../errors.ts';
import { type MoveMark, moveMark } from '../move.ts';

export const fromMark = (mark: MoveMark): string => JSON.stringify(mark);
export const toMark = (text: string): MoveMark => moveMark.parse(JSON.parse(text));

/** `address` has no password. */
const describe = (address: string, { role, other, isComplete }: MoveMark): string => {
  if (role === 'target') {
    return (
      `${address} is the target of a move from ${other} that is not complete. ` +
      `Finish it with \`orderchart move --from ${other} --to ${address}\`, or empty it.`
    );
  }
  const back = `\`orderchart restored --database-url ${address}\` makes it a store again, as a copy from that time`;
  if (isComplete) {
    return (
      `${address} was moved to ${other}, where its orders go on. To come back, move that store to a new one. ` +
      `If what happened there since does not count: ${back}.`
    );
  }
  const finish = `\`orderchart move --from ${address} --to ${other}\``;
  return `${address} is being moved to ${other}. Finish it with ${finish}. To give it up: ${back}.`;
};

/** @throws AppError `store-unsupported` for a store that is marked. */
export const refuseMarked = (address: string, mark: MoveMark | undefined): void => {
  if (mark !== undefined) throw new AppError('store-unsupported', describe(address, mark));
};

/** A source may be used again; a target is not complete. @throws AppError `store-unsupported`. */
export const refuseTarget = (address: string, mark: MoveMark | undefined): void => {
  if (mark?.role === 'target') refuseMarked(address, mark);
};
