// `npm run planted`: plants each bug in a copy of the source and says which check found it. A bug that no
// check finds is a hole in the tests: exit code 1. First the source as it is, which no check may object to.
import { parseArgs } from 'node:util';
import { type PlantedBug, plant, readBugs } from './bugs.ts';
import { checkNames, runCheck } from './checks.ts';

const help = `Usage: npm run planted [-- NAME …]

Plants every bug of test/planted (or those named) in a copy of the source, one at a time, and reports which
check found it and how long that took. Exit code: 0 all were found, 1 some were not.

  --list        only says what the bugs are
  --check NAME  holds them against one check alone: ${checkNames.join(', ')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    check: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

const secondsSince = (start: number): string => `${Math.round((performance.now() - start) / 1000)} s`;

/** Returns whether a check found it. */
const hunt = async (bug: PlantedBug | undefined): Promise<boolean> => {
  const start = performance.now();
  const name = (bug?.name ?? '(nothing planted)').padEnd(38);
  await using copy = await plant(bug);
  for (const check of checkNames.filter((each) => each === (values.check ?? each))) {
    const found = await runCheck(check, copy.path);
    if (found === undefined) continue;
    console.log(`${name} ${check.padEnd(10)} ${secondsSince(start).padStart(6)}  ${found.split('\n')[0]}`);
    return true;
  }
  console.log(`${name} ${'–'.padEnd(10)} ${secondsSince(start).padStart(6)}`);
  return false;
};

const bugs = (await readBugs()).filter(
  ({ name }) => positionals.length === 0 || positionals.some((wanted) => name.startsWith(wanted)),
);
if (values.help) console.log(help);
else if (values.list)
  for (const { name, description } of bugs) console.log(`${name.padEnd(38)} ${description}`);
else if (await hunt(undefined)) {
  console.log('The source fails without any bug planted: nothing can be said of the bugs.');
  process.exitCode = 1;
} else {
  const missed: string[] = [];
  for (const bug of bugs) if (!(await hunt(bug))) missed.push(bug.name);
  console.log(`${bugs.length - missed.length} of ${bugs.length} planted bugs were found`);
  if (missed.length > 0) console.log(`not found: ${missed.join(', ')}`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}
