// From what was counted to what is reported: one line for each check, also for those that were left out, so
// that a clean report can't be mistaken for a complete one.
import type { ExaminationReport } from '../evidence.ts';
import { checkNames, checks } from './checks.ts';
import type { TallyData } from './tally.ts';

interface Given {
  readonly ledger?: unknown;
  readonly mailDirectory?: unknown;
  readonly replay?: boolean;
}

export const toReport = (tally: TallyData, orders: number, given: Given): ExaminationReport => {
  const reports = checkNames.map((name) => {
    const { invariant, sentence, advice, ...check } = checks[name];
    const { checked, violations, findings } = tally.counts[name] ?? {
      checked: 0,
      violations: 0,
      findings: [],
    };
    const skipped = 'needs' in check ? findLack(check.needs, given) : undefined;
    return { invariant, sentence, advice, checked, violations, findings, ...(skipped && { skipped }) };
  });
  return {
    orders,
    violations: reports.reduce((sum, { violations }) => sum + violations, 0),
    checks: reports,
    notes: Object.entries(tally.leftOut).map(([reason, number]) => `${number} ${reason}.`),
  };
};

const findLack = (needs: 'ledger' | 'mail' | 'replay', given: Given): string | undefined => {
  if (needs === 'ledger' && given.ledger === undefined) return 'needs --gateway-ledger';
  if (needs === 'mail' && given.mailDirectory === undefined) return 'needs --mail-dir';
  return needs === 'replay' && given.replay === false ? 'not with --no-replay' : undefined;
};
