// How much of each chart the model-based tests covered, from their report beside the program (docs/coverage.md). It
// runs no test and does not check the report.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Coverage } from './protocol.ts';

/** From the source and from the built program. */
const places = ['../../../docs', '../../../../docs'].map((folder) => join(import.meta.dirname, folder));

/** `| order: states | 21 | 21 |`, and `- order: …` for what was not covered. */
const row = /^\| (?<chart>[\w-]+): (?<what>[^|]+?) \| (?<tested>\d+) \| (?<possible>\d+) \|$/gm;
const missed = /^- (?<chart>[\w-]+): (?<what>.+)$/gm;

export const toCoverage = (report: string): readonly Coverage[] =>
  [...report.matchAll(row)].map(({ groups = {} }) => ({
    chart: groups['chart'] ?? '',
    what: groups['what'] ?? '',
    tested: Number(groups['tested']),
    possible: Number(groups['possible']),
    missing: [...report.matchAll(missed)]
      .filter((each) => each.groups?.['chart'] === groups['chart'])
      .map((each) => each.groups?.['what'] ?? ''),
  }));

/** Empty when there is no report. */
export const readCoverage = async (folders: readonly string[] = places): Promise<readonly Coverage[]> => {
  for (const folder of folders) {
    const report = await readFile(join(folder, 'coverage.md'), 'utf8').catch(() => undefined);
    if (report !== undefined) return toCoverage(report);
  }
  return [];
};
