// `npm run power-cuts`: many days in a shop with their power cut, as many as it takes for so many cuts; then the
// control, which must lose; then the disk that is full or fails at every operation. Exit code 1 where anything was
// lost that had been acknowledged, or the control lost nothing.
import { parseArgs } from 'node:util';
import { cutPower } from './power-cut.ts';
import { type Failing, refuseEverywhere } from './refusals.ts';

const help = `Usage: npm run power-cuts [-- --cuts 10000 --seed 1]

Cuts the power of a simulated disk under the product's own store and runner, and lets it recover; then lets the
disk be full, or fail, at every operation. Days have the seeds N, N + 1, …; every problem is printed with its seed.

  --cuts N  power cuts, at least (10000)
  --seed N  seed of the first day (1)
  --json    prints the summary as one line of JSON`;

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const toWhole = (name: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`--${name}=${text} is not usable: it must be a whole number`);
  process.exit(2);
};

let lastSaid = performance.now();
const sayEverySecond = (text: string): void => {
  if (performance.now() - lastSaid < 1000) return;
  lastSaid = performance.now();
  console.error(text);
};

const run = async (cuts: number, seed: number) => {
  const sums = { days: 0, cuts: 0, cutsInRecovery: 0, contents: 0, losses: 0, violations: 0, operations: 0 };
  const note = (problems: readonly string[]) => {
    for (const problem of problems) console.error(problem);
    sums.violations += problems.length;
  };
  while (sums.cuts < cuts) {
    // Every tenth day is cut everywhere; the others at random, and again while they recover.
    const shares =
      sums.days % 10 === 0 ? { share: 1, shareInRecovery: 0 } : { share: 0.2, shareInRecovery: 0.001 };
    const day = await cutPower({ seed: seed + sums.days, hours: 'day', ...shares });
    sums.days += 1;
    sums.cuts += day.cuts;
    sums.cutsInRecovery += day.cutsInRecovery;
    sums.contents += day.contents;
    sums.losses += day.losing;
    sums.operations += day.operations;
    note(day.problems);
    sayEverySecond(
      `${sums.cuts} of ${cuts} power cuts, ${sums.losses} losing, ${sums.violations} violations`,
    );
  }
  let controlCuts = 0;
  let controlLosses = 0;
  for (let day = 0; controlCuts < Math.min(cuts, 1000); day += 1) {
    const plan = { hours: 'day', share: 0.3, shareInRecovery: 0, synchronous: 'NORMAL' } as const;
    const control = await cutPower({ seed: seed + day, ...plan });
    controlCuts += control.cuts;
    controlLosses += control.losing;
    sayEverySecond(`${controlCuts} power cuts with synchronous=NORMAL, ${controlLosses} losing`);
  }
  let refusals = 0;
  for (const failing of ['full', 'one-error', 'errors'] satisfies Failing[]) {
    sayEverySecond(`a disk that fails (${failing}) at every operation`);
    const report = await refuseEverywhere(failing, { seed });
    refusals += report.operations;
    sums.losses += report.losing;
    note(report.problems);
  }
  return { seed, ...sums, refusals, controlCuts, controlLosses };
};

if (values.help) console.log(help);
else {
  const summary = await run(toWhole('cuts', values.cuts), toWhole('seed', values.seed));
  const { seed, cuts, cutsInRecovery, losses, violations, refusals, controlCuts, controlLosses } = summary;
  if (values.json) console.log(JSON.stringify(summary));
  else {
    console.log(
      `seed ${seed}: ${cuts} power cuts (${cutsInRecovery} during a recovery) and ${refusals} failing disks: ` +
        `${losses} lost something, ${violations} violations; with synchronous=NORMAL ${controlLosses} of ${controlCuts} lost`,
    );
  }
  process.exitCode = losses > 0 || violations > 0 || controlLosses === 0 ? 1 : 0;
}
