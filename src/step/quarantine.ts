// A message that was set aside, in words: why it waits for a person. The incident in the journal and the one
// that is listed say the same because both come from here.
import type { Quarantined } from './snapshot.ts';
import { InvariantViolation, invariants } from './violation.ts';

/** Why a message was set aside, from what was thrown. */
export const toCause = (error: unknown): Pick<Quarantined, 'reason' | 'violated'> =>
  error instanceof InvariantViolation
    ? { reason: error.message, violated: error.invariant }
    : { reason: String(error) };

/** The incident that stands for a message that was set aside. */
export const toIncident = ({
  to,
  message,
  reason,
  violated,
}: Quarantined): { readonly reason: string; readonly text: string } => {
  const { type } = message;
  if (violated === undefined) {
    const text = `the message ${type} makes the chart '${to}' fail, and was set aside`;
    return { reason: 'message-quarantined', text };
  }
  const text = `the message ${type} was set aside, because ${invariants[violated]}; it would break that (${reason})`;
  return { reason: 'invariant-violated', text };
};
