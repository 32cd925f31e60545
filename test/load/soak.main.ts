// `npm run soak`: a real service under steady traffic and faults, one line a minute. Exit code 1 if an order was lost or
// does not settle, an invariant is violated, or memory grew beyond its limit.
import { parseArgs } from 'node:util';
import { type Sample, soak } from './soak.ts';

const help = `Usage: npm run soak -- [--minutes 60] [--seed 1] [--rate 20] [--json]

Places --rate orders a second at a service of its own, whose gateway fails and loses answers, and kills, stops or
freezes it about every 20 seconds. The last third has no such faults: from its second quarter to its end the memory
may grow by a quarter and 32 MiB. Sizes are in MiB.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '20' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

const names = ['orders', 'perSecond', 'unsettled', 'incidents', 'memory', 'wal', 'file', 'sockets'] as const;
const toLine = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(10)).join('');
const toCell = (number: number): string => String(Math.round(number * 10) / 10);

const run = async (): Promise<void> => {
  console.error(toLine(['minute', ...names]));
  const report = await soak({
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    rate: Number(values.rate),
    sampleEveryMs: 60_000,
    faultEveryMs: 20_000,
    onSample: (sample: Sample) =>
      console.error(toLine([toCell(sample.minute), ...names.map((name) => toCell(sample[name]))])),
  });
  const { problems, ...figures } = report;
  for (const problem of problems) console.log(problem);
  console.log(values.json ? JSON.stringify({ ...figures, problems: problems.length }) : figures);
  process.exitCode = problems.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await run();
