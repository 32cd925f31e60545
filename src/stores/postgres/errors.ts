// What PostgreSQL's errors mean to a store: the values are invalid, somebody else was faster, or the database cannot be used
// now. It decides by SQLSTATE, never by a text.
import { DatabaseError } from 'pg';
import { AppError, describeError } from '../../errors.ts';
import { RefusedWrite, StaleBatch } from '../../store.ts';
import { GivenUp } from '../numbered-batches.ts';

/** A batch whose connection was lost, and of which another batch of this node has been told to give it up. */
const givenUp = 'OC002';
/** What a batch was decided on has changed: found by a function of ours, a serialisation failure, a deadlock. */
const stale: readonly string[] = ['OC001', '40001', '40P01'];
/** Data exceptions and violated constraints. */
const refusedClasses: readonly string[] = ['22', '23'];

export const isAnswered = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && error.code !== undefined;

/** Whether the server is going away or the connection is: it says nothing of the statement. */
export const isShutdown = (error: DatabaseError): boolean =>
  error.code?.startsWith('57P') === true || error.code?.startsWith('08') === true;

/** What a failed batch is reported as. `contended`: constraints whose violation means that somebody was faster. */
export const toBatchError = (error: unknown, contended: ReadonlySet<string>): unknown => {
  if (!isAnswered(error)) return toUnavailable(error);
  const { code = '', constraint } = error;
  if (stale.includes(code)) return new StaleBatch(code === 'OC001' ? error.message : 'Rows of another batch');
  if (constraint !== undefined && contended.has(constraint))
    return new StaleBatch(`What ${constraint} protects`);
  if (refusedClasses.includes(code.slice(0, 2))) return new RefusedWrite(error);
  return code === givenUp ? new GivenUp() : toUnavailable(error);
};

/** What everyone may read of a database that does not answer; `cause` is for the log. */
export const toUnavailable = (error: unknown): unknown => {
  if (error instanceof AppError) return error;
  // Texts about values stay out; those of class 42 are about a statement.
  const isAboutValues = isAnswered(error) && error.code?.startsWith('42') !== true;
  const cause = isAboutValues ? `SQLSTATE ${error.code}` : describeError(error);
  const text = 'the database cannot be used now; the service goes on by itself when it can';
  return Object.assign(new AppError('store-unavailable', text), { cause });
};

/** What a first connection failed with: nothing that waiting helps, or `store-unavailable`. */
export const toOpenError = (error: unknown): unknown => {
  const code = isAnswered(error) ? (error.code ?? '') : '';
  if (isAnswered(error) && (code.startsWith('28') || code === '3D000')) {
    return new AppError('invalid-setting', `DATABASE_URL is refused by the database: ${error.message}.`);
  }
  // It starts, or has no connection to spare.
  const isAway = !isAnswered(error) || isShutdown(error) || code.startsWith('53');
  return isAway ? toUnavailable(error) : error;
};
