// A message from outside as it is recorded. One that is not plain JSON data cannot be kept as it is: what is
// wrong with it is kept instead, so that a replay refuses it again. It is never delivered.
import type { AnyEventObject } from 'xstate';
import { copyPlain, NotPlainData } from './plain-data.ts';

const problemKey = 'notPlainData';

/** A frozen copy of `message`, or its type with what is wrong with it. */
export const toRecordable = (message: AnyEventObject): AnyEventObject => {
  try {
    return copyPlain(message, 'message');
  } catch (error) {
    const problem = error instanceof NotPlainData ? error.message : String(error);
    return copyPlain({ type: String(message.type), [problemKey]: problem }, 'message');
  }
};

/** @throws Error that says what was wrong with the message when it arrived. */
export const requireRecordable = ({ type, [problemKey]: problem }: AnyEventObject): void => {
  if (problem !== undefined) throw new Error(`${type} is not plain JSON data: ${problem}`);
};
