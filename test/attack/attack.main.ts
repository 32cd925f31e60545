// `npm run attack`: runs all hostile cases against real services, and prints what was tried and what did not hold.
import { parseArgs } from 'node:util';
import { groups } from './catalogue.ts';
import { type CaseResult, runCase } from './hostile-case.ts';
import { openTarget } from './target.ts';

const help = `Usage: npm run attack [-- --only TEXT]

Starts two services of its own, one with keys and one without, attacks them, and prints each case with its result:
"refused as it should be", or NOT and what did not hold.

  --only  cases whose name or group has this text

Exit code: 0 if every case was refused as it should be, 1 if not.`;

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, help: { type: 'boolean', short: 'h' } },
});

const print = ({ name, requests, problems }: CaseResult): void => {
  const held = problems.length === 0;
  console.log(
    `  ${held ? 'refused as it should be' : 'NOT                    '}  ${name} (${requests} answers)`,
  );
  for (const problem of problems) console.log(`      ${problem}`);
};

const run = async (): Promise<void> => {
  const startedAt = performance.now();
  const target = await openTarget();
  const results: CaseResult[] = [];
  for (const group of groups) {
    const cases = group.cases.filter(({ name }) => `${group.name} ${name}`.includes(values.only));
    if (cases.length > 0) console.log(`\n${group.name}`);
    for (const hostile of cases) {
      const result = await runCase(hostile, target);
      results.push(result);
      print(result);
    }
  }
  const codes = await target.close();
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  const answers = results.reduce((sum, { requests }) => sum + requests, 0);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `\n${results.length} cases, ${answers} answers, ${failed} NOT as they should be, in ${seconds} s.`,
  );
  const ended = codes.every((code) => code === 0);
  if (!ended) console.log(`The services did not end as they should: exit codes ${codes.join(' and ')}.`);
  if (failed > 0 || !ended) process.exitCode = 1;
};

if (values.help) console.log(help);
else await run();
