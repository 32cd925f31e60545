// Whether what a step made continues what its order has accepted: versions and events are numbered without a gap.
import { InvariantViolation } from '../step/invariants.ts';
import type { StepResult } from '../step/step.ts';
import type { SystemState } from '../step/system-state.ts';

/** @throws InvariantViolation when a result does not continue what was accepted before it. */
export const requireContinuation = (
  state: SystemState,
  { state: next, received, events }: StepResult,
): void => {
  const follows =
    next.version === state.version + 1 &&
    received.version === next.version &&
    next.events === state.events + events.length &&
    events.every(({ seq }, index) => seq === state.events + index + 1);
  if (follows) return;
  const problem = `message ${received.version} and event ${next.events} after ${state.version} and ${state.events}`;
  throw new InvariantViolation('numbering', problem);
};
