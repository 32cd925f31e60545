// `npm run bench`: runs the parts one after the other, each in fresh processes, prints a table beside the last
// kept results (bench/results.json), and writes what was measured as JSON. It is no part of the package.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { inProcess, limits, overHttp } from './end-to-end-parts.ts';
import type { Figure, Part, Scale } from './figures.ts';
import { createPeersPart, usualPeers } from './peers-part.ts';
import { replaceComparison } from './peers-table.ts';
import { postgres } from './postgres-part.ts';
import { readResults, toTable, writeResults } from './results.ts';
import { growth, hotProduct, parked, restart, slowDisk, slowPayments } from './strain-parts.ts';

const kept = join(import.meta.dirname, 'results.json');
const readme = join(import.meta.dirname, '../README.md');
const changes = readFileSync(join(import.meta.dirname, '../CHANGELOG.md'), 'utf8');
const usualFolder = 'data/bench';
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    profile: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    readme: { type: 'boolean', default: false },
    peers: { type: 'string' },
    folder: { type: 'string', default: usualFolder },
    out: { type: 'string', default: 'data/bench.json' },
    help: { type: 'boolean', default: false },
  },
});

/** The command as anyone could give it: without the names of this machine's folders. */
const toCommand = (): string => {
  const { quick, only, profile, keep, readme: isWritten, peers, folder } = values;
  const flags = Object.entries({ quick, profile, keep, readme: isWritten });
  const given = [
    ...flags.flatMap(([name, isGiven]) => (isGiven ? [`--${name}`] : [])),
    ...only.map((name) => `--only ${name}`),
    ...(peers === undefined ? [] : ['--peers DIR']),
    ...(folder === usualFolder ? [] : ['--folder DIR']),
  ];
  return ['npm run bench', ...(given.length > 0 ? ['--', ...given] : [])].join(' ');
};

const machine = `${cpus().length} × ${cpus()[0]?.model}`;

const publish = (comparison: string): void => {
  console.log(`${comparison}\n`);
  if (!values.keep && !values.readme) return;
  writeFileSync(readme, replaceComparison(readFileSync(readme, 'utf8'), comparison));
};

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
  postgres,
  createPeersPart({
    folder: resolve(values.peers ?? usualPeers),
    isRequired: values.peers !== undefined || values.readme || values.only.includes('peers'),
    command: toCommand(),
    machine: `${machine} (load ${loadavg()[0]?.toFixed(1)} at the start), Node ${process.versions.node}`,
    version: /^## ([\d.]+(?: \(unreleased\))?)/m.exec(changes)?.[1] ?? '',
    publish,
  }),
];

const help = `npm run bench -- [--quick] [--only NAME]... [--profile] [--keep] [--readme] [--peers DIR] [--folder DIR]
                 [--out FILE]

  --quick       less of everything, a few minutes; its figures are rougher
  --only NAME   one part; may be given more than once
  --profile     leaves a CPU profile of the run in process at 64 in flight in data/profiles
  --keep        makes these the results that later runs are compared with (bench/results.json)
  --readme      writes the comparison with the peers into the README; so does --keep
  --peers DIR   the benchmark of the peers (default ../shared/peers beside this folder, if it is there); it is
                copied to data/peers and installed there
  --folder DIR  where the stores are made (default data/bench); its disk is what is measured
  --out FILE    where the JSON goes (default data/bench.json)

Parts:
${parts.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}

Times depend on the machine and on what else it does: trust ratios within one run, CPU time and counts.
Bytes are those of all write calls of the process (/proc/self/io); flushes are counted by strace, where it
is installed, and over PostgreSQL by the server, which the part starts from the npm packages. The peers need
root, redis-server and postgresql-15, and take a quarter of an hour; their KiB and flushes are the disk's own
counters, which count what other programs write too.`;

const run = async (): Promise<void> => {
  const { quick, only, profile, keep, out } = values;
  const unknown = only.filter((name) => parts.every((part) => part.name !== name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; --help lists them`);
  mkdirSync(values.folder, { recursive: true });
  const folder = mkdtempSync(join(values.folder, 'run-'));
  const before = readResults(kept);
  const figures: Figure[] = [];
  let failure: unknown;
  try {
    for (const part of parts.filter(({ name }) => only.length === 0 || only.includes(name))) {
      const say = (line: string) => console.error(`${part.name}: ${line}`);
      const scale: Scale = { quick, folder, profileFolder: profile ? 'data/profiles' : undefined, say };
      figures.push(...(await part.measure(scale)));
    }
  } catch (error) {
    // What was measured before is still told.
    failure = error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const withLoad = `${machine}, load ${loadavg()[0]?.toFixed(1)} at the end`;
  const now = { at: new Date().toISOString(), machine: withLoad, node: process.version, quick, figures };
  console.log(toTable(figures, before?.figures ?? []));
  mkdirSync(dirname(out), { recursive: true });
  writeResults(out, now, undefined);
  if (failure !== undefined) throw failure;
  if (keep) writeResults(kept, now, before);
};

if (values.help) console.log(help);
else await run();
