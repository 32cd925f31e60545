// `npm run campaign`: one long run of everything that the tests do in short: seeds, single deaths, pairs of
// deaths, planted bugs. Each piece of work is noted when it is done, so that a campaign that was stopped goes on
// where it was. It prints its figures, and fails where anything did not hold or was never seen.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { crashSites, sightings } from '../../src/simulation.ts';
import { type Piece, type PieceResult, toPieceName } from './piece.ts';
import { startThread } from './thread.ts';

const help = `Usage: npm run campaign [-- --seeds COUNT] [--orders M] [--pairs COUNT] [--workers N] [--file FILE]

Simulates COUNT seeds of M orders each, a death at every commit point, and deaths at pairs of them. What is done
is noted in FILE; the same command goes on from there. Ctrl-C is safe at any time.

  --seeds    simulated seeds [40000]
  --first    the first seed [1001]
  --orders   orders in each [25]
  --pairs    pairs of deaths, of ${crashSites.length ** 2}; spread evenly where fewer [all]
  --workers  threads [2]
  --least    how often each situation has to have been seen [100]
  --file     where it is noted [data/campaign.jsonl]

Exit code: 0 everything held and was seen, 1 not.`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '40000' },
    first: { type: 'string', default: '1001' },
    orders: { type: 'string', default: '25' },
    pairs: { type: 'string', default: String(crashSites.length ** 2) },
    workers: { type: 'string', default: '2' },
    least: { type: 'string', default: '100' },
    file: { type: 'string', default: 'data/campaign.jsonl' },
    help: { type: 'boolean', short: 'h' },
  },
});

const number = (name: 'seeds' | 'first' | 'orders' | 'pairs' | 'workers' | 'least'): number =>
  z.coerce
    .number()
    .int()
    .min(0)
    .parse(values[name], { error: () => `--${name} must be a whole number` });

const seedsInPiece = 20;
const pairsInPiece = 10;

const toPieces = (): Piece[] => {
  const pieces: Piece[] = [];
  const [first, seeds, orders] = [number('first'), number('seeds'), number('orders')];
  for (let seed = first; seed < first + seeds; seed += seedsInPiece) {
    const count = Math.min(seedsInPiece, first + seeds - seed);
    pieces.push({ kind: 'seeds', seed, count, orders });
  }
  const all = crashSites.flatMap((one) => crashSites.map((other) => [one, other]));
  const every = all.length / Math.max(1, Math.min(number('pairs'), all.length));
  const pairs = Array.from(
    { length: Math.min(number('pairs'), all.length) },
    (_, index) => all[Math.floor(index * every)] ?? [],
  );
  for (let at = 0; at < pairs.length; at += pairsInPiece) {
    pieces.push({
      kind: 'deaths',
      sites: pairs.slice(at, at + pairsInPiece),
      name: `pairs-${pairs.length}-${at}`,
    });
  }
  const singles = crashSites.map((site) => [site]);
  for (let at = 0; at < singles.length; at += pairsInPiece) {
    pieces.push({ kind: 'deaths', sites: singles.slice(at, at + pairsInPiece), name: `singles-${at}` });
  }
  // Deaths first: they are few, and find most.
  return pieces.reverse();
};

const resultSchema = z.object({
  name: z.string(),
  simulations: z.number(),
  orders: z.number(),
  commits: z.number(),
  deaths: z.number(),
  virtualHours: z.number(),
  unreached: z.array(z.string()),
  sightings: z.record(z.string(), z.number()),
  findings: z.array(z.string()),
});

const readDone = (file: string): PieceResult[] => {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // The last line may have been torn by whoever stopped it: that piece is done again.
  return lines.slice(0, -1).map((line) => resultSchema.parse(JSON.parse(line)));
};

const run = async (): Promise<void> => {
  const { file } = values;
  mkdirSync(dirname(file), { recursive: true });
  const done = new Map(readDone(file).map((result) => [result.name, result]));
  const pieces = toPieces();
  const wanted = new Set(pieces.map(toPieceName));
  const left = pieces.filter((piece) => !done.has(toPieceName(piece)));
  console.error(`${pieces.length} pieces, ${pieces.length - left.length} done before`);
  const startedAt = performance.now();
  let printedAt = startedAt;
  const note = (result: PieceResult): void => {
    appendFileSync(file, `${JSON.stringify(result)}\n`);
    done.set(result.name, result);
    for (const finding of result.findings) console.log(finding);
    if (performance.now() - printedAt < 5000) return;
    printedAt = performance.now();
    const minutes = ((printedAt - startedAt) / 60_000).toFixed(1);
    console.error(
      `${minutes} min: ${done.size} of ${pieces.length} pieces, ${sum(done, ({ orders }) => orders)} orders`,
    );
  };
  await Promise.all(Array.from({ length: number('workers') }, () => work(left, note)));
  const finished = new Map([...done].filter(([name]) => wanted.has(name)));
  print(finished);
};

/** One thread, until nothing is left. */
const work = async (left: Piece[], note: (result: PieceResult) => void): Promise<void> => {
  await using thread = startThread();
  for (let piece = left.pop(); piece; piece = left.pop()) note(await thread.run(piece));
};

const sum = (done: ReadonlyMap<string, PieceResult>, read: (result: PieceResult) => number): number =>
  [...done.values()].reduce((total, result) => total + read(result), 0);

const print = (done: ReadonlyMap<string, PieceResult>): void => {
  const seen = (name: string) => sum(done, (result) => result.sightings[name] ?? 0);
  const unreached = [...done.values()].flatMap((result) => result.unreached);
  const findings = sum(done, (result) => result.findings.length);
  const least = number('least');
  const unseen = Object.keys(sightings).filter((name) => seen(name) < least);
  const figures = {
    simulations: sum(done, (result) => result.simulations),
    orders: sum(done, (result) => result.orders),
    commits: sum(done, (result) => result.commits),
    deaths: sum(done, (result) => result.deaths),
    'virtual hours': Math.round(sum(done, (result) => result.virtualHours)),
    'sites and pairs not come by': unreached.length,
    violations: findings,
  };
  for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(28)} ${figure}`);
  for (const [name, what] of Object.entries(sightings))
    console.log(`${String(seen(name)).padStart(9)}  ${what}`);
  if (unseen.length > 0) console.log(`seen less than ${least} times: ${unseen.join(', ')}`);
  process.exitCode = findings === 0 && unseen.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await run();
