// From what was counted to what is reported: one line for each check, also for those that were left out, so that a
// clean report cannot be mistaken for a complete one.
import type { CheckDeclaration, Examination, ExaminationReport } from '../audit.ts';
import type { ResultsData } from './results.ts';

/** @throws Error for results of a check that is not declared. */
export const toReport = (
  checks: Readonly<Record<string, CheckDeclaration>>,
  { counts, leftOut }: ResultsData,
  orders: number,
  given: Examination,
): ExaminationReport => {
  const undeclared = Object.keys(counts).find((name) => !Object.hasOwn(checks, name));
  if (undeclared !== undefined) throw new Error(`there is no check '${undeclared}'`);
  const reports = Object.entries(checks).map(([invariant, check]) => {
    const { sentence, advice } = check;
    const { checked, violations, findings } = counts[invariant] ?? {
      checked: 0,
      violations: 0,
      findings: [],
    };
    const skipped = findLack(check, given);
    return { invariant, sentence, advice, checked, violations, findings, ...(skipped && { skipped }) };
  });
  return {
    orders,
    violations: reports.reduce((sum, { violations }) => sum + violations, 0),
    checks: reports,
    notes: Object.entries(leftOut).map(([reason, number]) => `${number} ${reason}.`),
  };
};

const findLack = ({ needs, needsReplay }: CheckDeclaration, given: Examination): string | undefined => {
  if (needs && given.outside?.[needs.records] === undefined) return `needs ${needs.option}`;
  return needsReplay && given.replay === false ? 'not with --no-replay' : undefined;
};
