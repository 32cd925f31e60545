// `npm run soak`: a real service under steady traffic and faults, one line a minute. Exit code 1 where something
// was lost, does not settle, violates an invariant, or where memory grew beyond its bound.
import { parseArgs } from 'node:util';
import { type Look, soak } from './soak.ts';

const help = `Usage: npm run soak -- [--minutes 60] [--seed 1] [--rate 20] [--json]

Places --rate orders a second at a service of its own, whose bank errs and loses answers, and kills, stops or
freezes it every 20 seconds or so. In the last third nothing of that happens: there its memory may grow by a
quarter and 32 MiB, from the second quarter of that time to its end. Sizes are in MiB.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '20' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

const names = ['orders', 'perSecond', 'moving', 'incidents', 'memory', 'wal', 'file', 'sockets'] as const;
const toLine = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(10)).join('');
const toCell = (number: number): string => String(Math.round(number * 10) / 10);

const run = async (): Promise<void> => {
  console.error(toLine(['minute', ...names]));
  const report = await soak({
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    rate: Number(values.rate),
    lookEveryMs: 60_000,
    disturbEveryMs: 20_000,
    onLook: (look: Look) =>
      console.error(toLine([toCell(look.minute), ...names.map((name) => toCell(look[name]))])),
  });
  const { problems, ...figures } = report;
  for (const problem of problems) console.log(problem);
  console.log(values.json ? JSON.stringify({ ...figures, problems: problems.length }) : figures);
  process.exitCode = problems.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await run();
