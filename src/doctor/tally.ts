// What an examination has found so far: how much each check looked at, how often it failed, and the first
// violations. Plain data, so that several examiners' tallies can be added up.
import type { Finding } from '../evidence.ts';
import { type CheckName, checkNames } from './checks.ts';

/** Violations of one check that are kept, with what is wrong; the others are counted. */
const mostFindings = 20;

interface Count {
  checked: number;
  violations: number;
  readonly findings: Finding[];
}

/** By check, and by reason for what was left out. */
export interface TallyData {
  readonly counts: Readonly<Partial<Record<CheckName, Readonly<Count>>>>;
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface Tally {
  /** Notes that a check looked at `number` more things. */
  look(check: CheckName, number?: number): void;
  violate(check: CheckName, about: string, problem: string): void;
  /** Looks at one more thing, which violates the check where there is a problem. */
  expect(check: CheckName, about: string, holds: boolean, problem: () => string): void;
  /** Something was left out of the examination, for a reason that the report gives. */
  leaveOut(reason: string): void;
  add(data: TallyData): void;
  data(): TallyData;
}

export const createTally = (): Tally => {
  const counts: Partial<Record<CheckName, Count>> = {};
  const leftOut: Record<string, number> = {};
  const countOf = (check: CheckName): Count => {
    const count = counts[check] ?? { checked: 0, violations: 0, findings: [] };
    counts[check] = count;
    return count;
  };
  const tally: Tally = {
    look: (check, number = 1) => {
      countOf(check).checked += number;
    },
    violate: (check, about, problem) => {
      const count = countOf(check);
      count.violations += 1;
      if (count.findings.length < mostFindings) count.findings.push({ about, problem });
    },
    expect: (check, about, holds, problem) => {
      countOf(check).checked += 1;
      if (!holds) tally.violate(check, about, problem());
    },
    leaveOut: (reason) => {
      leftOut[reason] = (leftOut[reason] ?? 0) + 1;
    },
    add: (data) => {
      for (const check of checkNames) {
        const added = data.counts[check];
        if (added === undefined) continue;
        const count = countOf(check);
        count.checked += added.checked;
        count.violations += added.violations;
        count.findings.push(...added.findings.slice(0, mostFindings - count.findings.length));
      }
      for (const [reason, number] of Object.entries(data.leftOut)) {
        leftOut[reason] = (leftOut[reason] ?? 0) + number;
      }
    },
    data: () => ({ counts, leftOut }),
  };
  return tally;
};
