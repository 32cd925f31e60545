// Results as a table and as JSON, beside those that were kept last. It judges nothing but whether a target is
// met; a change of a time may be the machine's, a change of a count never is.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Figure } from './figures.ts';

const figure = z.strictObject({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  better: z.enum(['more', 'less']),
  target: z.number().exactOptional(),
});
const results = z.strictObject({
  at: z.string(),
  machine: z.string(),
  node: z.string(),
  quick: z.boolean(),
  figures: z.array(figure),
});
export type Results = z.infer<typeof results>;

export const readResults = (path: string): Results | undefined =>
  existsSync(path) ? results.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined;

/** Writes the results; figures of parts that were not run stay as they were. */
export const writeResults = (path: string, now: Results, before: Results | undefined): void => {
  const names = new Set(now.figures.map(({ name }) => name));
  const kept = before?.figures.filter(({ name }) => !names.has(name)) ?? [];
  writeFileSync(path, `${JSON.stringify({ ...now, figures: [...kept, ...now.figures] }, undefined, 2)}\n`);
};

const toNumber = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(3);

const isMet = ({ value, better, target }: Figure): boolean | undefined =>
  target === undefined ? undefined : better === 'more' ? value >= target : value <= target;

const toChange = ({ name, value }: Figure, before: readonly Figure[]): string => {
  const was = before.find((each) => each.name === name)?.value;
  if (was === undefined || was === 0) return '';
  const percent = (value / was - 1) * 100;
  return `${percent >= 0 ? '+' : ''}${percent.toFixed(0)} %`;
};

export const toTable = (figures: readonly Figure[], before: readonly Figure[]): string => {
  const rows = figures.map((each) => {
    const met = isMet(each);
    const target =
      each.target === undefined ? '' : `${each.better === 'more' ? '≥' : '≤'} ${toNumber(each.target)}`;
    const mark = met === undefined ? '' : met ? 'met' : 'MISSED';
    return [each.name, `${toNumber(each.value)} ${each.unit}`, target, mark, toChange(each, before)];
  });
  const all = [['what', 'reached', 'target', '', 'change'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
};
