// The invariants that every commit is held against, by name, and the error that says which one something would
// break. It checks nothing: src/step/invariants.ts does for a step, and the stores do for their counts.

/** What must hold, by the name under which a violation is shown and counted. */
export const invariants = {
  amounts: "charges and captures are for the order's total and in its currency",
  'charged-once': 'an order is charged once, and never more than its total',
  refunds: 'no more is given back than was taken, in the currency of the order',
  keys: 'keys are ORDER/purpose/number, and only a charge known not to exist is followed by a new number',
  'stock-held': 'money is taken only while the stock is held',
  'stock-counts': 'a product never has less on hand than is held, nor less than nothing',
  numbering: "an order's messages and events are numbered without a gap",
} as const;
export type InvariantName = keyof typeof invariants;
const isInvariantName = (name: string): name is InvariantName => Object.hasOwn(invariants, name);
export const invariantNames = Object.keys(invariants).filter(isInvariantName);

/** What a step, or the commit around it, would break. `problem` names no person. */
export class InvariantViolation extends Error {
  readonly invariant: InvariantName;

  constructor(invariant: InvariantName, problem: string) {
    super(`${invariant}: ${problem}`);
    this.name = 'InvariantViolation';
    this.invariant = invariant;
  }
}
