// `npm run bench`: runs the parts one after the other, each in fresh processes, prints a table beside the last
// kept results (bench/results.json), and writes what was measured as JSON. It is no part of the package.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { inProcess, limits, overHttp } from './end-to-end-parts.ts';
import type { Figure, Part, Scale } from './figures.ts';
import { readResults, toTable, writeResults } from './results.ts';
import { growth, hotProduct, parked, restart, slowDisk, slowPayments } from './strain-parts.ts';

const parts: readonly Part[] = [
  inProcess,
  limits,
  overHttp,
  hotProduct,
  slowDisk,
  slowPayments,
  restart,
  parked,
  growth,
];
const kept = join(import.meta.dirname, 'results.json');

const help = `npm run bench -- [--quick] [--only NAME]... [--profile] [--keep] [--folder DIR] [--out FILE]

  --quick       less of everything, under a minute or two; its figures are rougher
  --only NAME   one part; may be given more than once
  --profile     leaves a CPU profile of the run in process at 64 in flight in data/profiles
  --keep        makes these the results that later runs are compared with (bench/results.json)
  --folder DIR  where the stores are made (default data/bench); its disk is what is measured
  --out FILE    where the JSON goes (default data/bench.json)

Parts:
${parts.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}

Times depend on the machine and on what else it does: trust ratios within one run, CPU time and counts.
Bytes are those of all write calls of the process (/proc/self/io); flushes are counted by strace, where it
is installed.`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    profile: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    folder: { type: 'string', default: 'data/bench' },
    out: { type: 'string', default: 'data/bench.json' },
    help: { type: 'boolean', default: false },
  },
});

const run = async (): Promise<void> => {
  const { quick, only, profile, keep, out } = values;
  const unknown = only.filter((name) => parts.every((part) => part.name !== name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; --help lists them`);
  mkdirSync(values.folder, { recursive: true });
  const folder = mkdtempSync(join(values.folder, 'run-'));
  const before = readResults(kept);
  const figures: Figure[] = [];
  try {
    for (const part of parts.filter(({ name }) => only.length === 0 || only.includes(name))) {
      const say = (line: string) => console.error(`${part.name}: ${line}`);
      const scale: Scale = { quick, folder, profileFolder: profile ? 'data/profiles' : undefined, say };
      figures.push(...(await part.measure(scale)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const load = loadavg()[0]?.toFixed(1);
  const machine = `${cpus().length} × ${cpus()[0]?.model}, load ${load} at the end`;
  const now = { at: new Date().toISOString(), machine, node: process.version, quick, figures };
  console.log(toTable(figures, before?.figures ?? []));
  mkdirSync(dirname(out), { recursive: true });
  writeResults(out, now, undefined);
  if (keep) writeResults(kept, now, before);
};

if (values.help) console.log(help);
else await run();
