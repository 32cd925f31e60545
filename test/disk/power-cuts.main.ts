// `npm run power-cuts`: workloads with power cuts until there were so many; then the control, which must lose data; then
// the disk that is full or fails at every operation. Exit code 1 if anything acknowledged was lost, or the control lost
// nothing.
import { parseArgs } from 'node:util';
import { toWholeOption } from '../support/whole-option.ts';
import { type FailureKind, failEverywhere } from './disk-failures.ts';
import { cutPower } from './power-cut.ts';

const help = `Usage: npm run power-cuts [-- --cuts 10000 --seed 1]

Cuts the power of a simulated disk under the product's own store and runner, and recovers; then the disk is full, or
fails, at every operation. Workloads have the seeds N, N + 1, …; every problem is printed with its seed.

  --cuts N  power cuts, at least (10000)
  --seed N  seed of the first workload (1)
  --json    prints the summary as one line of JSON`;

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

let lastPrinted = performance.now();
const printEverySecond = (text: string): void => {
  if (performance.now() - lastPrinted < 1000) return;
  lastPrinted = performance.now();
  console.error(text);
};

const run = async (cuts: number, seed: number) => {
  const sums = {
    workloads: 0,
    cuts: 0,
    cutsInRecovery: 0,
    contents: 0,
    losses: 0,
    violations: 0,
    operations: 0,
  };
  const note = (problems: readonly string[]) => {
    for (const problem of problems) console.error(problem);
    sums.violations += problems.length;
  };
  while (sums.cuts < cuts) {
    // Every tenth workload has cuts everywhere; the others at random, and again during recovery.
    const shares =
      sums.workloads % 10 === 0 ? { share: 1, shareInRecovery: 0 } : { share: 0.2, shareInRecovery: 0.001 };
    const report = await cutPower({ seed: seed + sums.workloads, parts: 'both', ...shares });
    sums.workloads += 1;
    sums.cuts += report.cuts;
    sums.cutsInRecovery += report.cutsInRecovery;
    sums.contents += report.contents;
    sums.losses += report.losing;
    sums.operations += report.operations;
    note(report.problems);
    printEverySecond(
      `${sums.cuts} of ${cuts} power cuts, ${sums.losses} losing, ${sums.violations} violations`,
    );
  }
  let controlCuts = 0;
  let controlLosses = 0;
  for (let workload = 0; controlCuts < Math.min(cuts, 1000); workload += 1) {
    const plan = { parts: 'both', share: 0.3, shareInRecovery: 0, synchronous: 'NORMAL' } as const;
    const control = await cutPower({ seed: seed + workload, ...plan });
    controlCuts += control.cuts;
    controlLosses += control.losing;
    printEverySecond(`${controlCuts} power cuts with synchronous=NORMAL, ${controlLosses} losing`);
  }
  let diskFailures = 0;
  for (const failure of ['full', 'one-error', 'errors'] satisfies FailureKind[]) {
    printEverySecond(`a disk that fails (${failure}) at every operation`);
    const report = await failEverywhere(failure, { seed });
    diskFailures += report.operations;
    sums.losses += report.losing;
    note(report.problems);
  }
  return { seed, ...sums, diskFailures, controlCuts, controlLosses };
};

if (values.help) console.log(help);
else {
  const summary = await run(toWholeOption('cuts', values.cuts), toWholeOption('seed', values.seed));
  const { seed, cuts, cutsInRecovery, losses, violations, diskFailures, controlCuts, controlLosses } =
    summary;
  if (values.json) console.log(JSON.stringify(summary));
  else {
    console.log(
      `seed ${seed}: ${cuts} power cuts (${cutsInRecovery} during a recovery) and ${diskFailures} failing disks: ` +
        `${losses} lost something, ${violations} violations; with synchronous=NORMAL ${controlLosses} of ${controlCuts} lost`,
    );
  }
  process.exitCode = losses > 0 || violations > 0 || controlLosses === 0 ? 1 : 0;
}
