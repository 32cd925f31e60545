// What an examination has found so far: how much each check looked at, how often it failed, and the first violations.
// Plain data, so that the results of several examiners can be added up.
import type { Finding, Results } from '../audit.ts';

/** Violations of one check that are kept, with what is wrong; the others are counted. */
const maxFindings = 20;

interface Count {
  checked: number;
  violations: number;
  readonly findings: Finding[];
}

/** By check, and by reason for what was left out. */
export interface ResultsData {
  readonly counts: Readonly<Record<string, Readonly<Count>>>;
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface CollectedResults extends Results {
  add(data: ResultsData): void;
  data(): ResultsData;
}

export const createResults = (): CollectedResults => {
  const counts: Record<string, Count> = {};
  const leftOut: Record<string, number> = {};
  const countOf = (check: string): Count => {
    const count = counts[check] ?? { checked: 0, violations: 0, findings: [] };
    counts[check] = count;
    return count;
  };
  const leaveOut = (reason: string, number: number): void => {
    leftOut[reason] = (leftOut[reason] ?? 0) + number;
  };
  const results: CollectedResults = {
    count: (check, number = 1) => {
      countOf(check).checked += number;
    },
    violate: (check, about, problem) => {
      const count = countOf(check);
      count.violations += 1;
      if (count.findings.length < maxFindings) count.findings.push({ about, problem });
    },
    expect: (check, about, holds, problem) => {
      countOf(check).checked += 1;
      if (!holds) results.violate(check, about, problem());
    },
    leaveOut: (reason) => leaveOut(reason, 1),
    add: (data) => {
      for (const [check, { checked, violations, findings }] of Object.entries(data.counts)) {
        const count = countOf(check);
        count.checked += checked;
        count.violations += violations;
        count.findings.push(...findings.slice(0, maxFindings - count.findings.length));
      }
      for (const [reason, number] of Object.entries(data.leftOut)) leaveOut(reason, number);
    },
    data: () => ({ counts, leftOut }),
  };
  return results;
};
