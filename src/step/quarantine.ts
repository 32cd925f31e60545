// A quarantined message in words: why it is an incident. The incident in the journal and the one that is listed
// say the same because both come from here.

import { engineInvariants, type Invariants, InvariantViolation } from './invariants.ts';
import type { Quarantined } from './system-state.ts';

/** Why a message is quarantined. */
export type Cause = Pick<Quarantined, 'reason' | 'violated'>;

/** From what was thrown. */
export const toCause = (error: unknown): Cause =>
  error instanceof InvariantViolation
    ? { reason: error.message, violated: error.invariant }
    : { reason: String(error) };

/** How the reason begins for which the retry of a quarantined message is ignored. It is stored: its wording never changes. */
export const failsAgain = 'it fails again: ';

/** The cause that a message was recorded with; undefined if it was not quarantined. */
export const toRecordedCause = (
  { disposition, reason }: { readonly disposition: string; readonly reason: string | null },
  invariants: Invariants['descriptions'] = {},
): Cause | undefined => {
  if (disposition === 'ignored' && reason?.startsWith(failsAgain)) {
    return { reason: reason.slice(failsAgain.length) };
  }
  if (disposition !== 'dead' || reason === null) return undefined;
  const [name = ''] = reason.split(': ', 1);
  const isViolation = Object.hasOwn(invariants, name) || Object.hasOwn(engineInvariants, name);
  return isViolation ? { reason, violated: name } : { reason };
};

/** The incident that stands for a quarantined message. Its text is stored: its wording never changes. */
export const toIncident = (
  { to, message, reason, violated }: Quarantined,
  invariants: Invariants['descriptions'] = {},
): { readonly reason: string; readonly text: string } => {
  const { type } = message;
  if (violated === undefined) {
    const text = `the message ${type} makes the chart '${to}' fail, and was set aside`;
    return { reason: 'message-quarantined', text };
  }
  const rule = invariants[violated] ?? engineInvariants[violated];
  const text = `the message ${type} was set aside, because ${rule}; it would break that (${reason})`;
  return { reason: 'invariant-violated', text };
};
