// `npm run campaign`: one long run of everything that the tests do in short: seeds, single deaths, pairs of
// deaths, power cuts, real kills, planted bugs. Each piece of work is noted when it is done, so that a campaign that was
// stopped goes on where it was. It prints its figures, and fails where anything did not hold or was never seen.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type CrashSite, crashSites, sightings } from '../../src/simulation.ts';
import { readBugs } from '../planted/bugs.ts';
import { type Piece, type PieceResult, pieceResult, toPieceName } from './piece.ts';
import { startThread } from './thread.ts';

const help = `Usage: npm run campaign [-- --seeds COUNT] [--orders M] [--pairs COUNT] [--days COUNT] …

Simulates COUNT seeds of M orders each, a death at every commit point, and deaths at pairs of them; cuts the power
on COUNT days in a shop; kills a real service; plants every bug. What is done is noted in FILE; the same command goes on from there.
Ctrl-C is safe at any time.

  --seeds    simulated seeds [40000]
  --first    the first seed [1001]
  --orders   orders in each [25]
  --pairs    pairs of deaths, of ${crashSites.length ** 2}; spread evenly where fewer [all]
  --days     days with power cuts, of some hundred cuts each [60]
  --kills    rounds of 52 real kills each [20]
  --planted  planted bugs: 1 plants every one, 0 none [1]
  --workers  threads [2]
  --minutes  stops after so many, with the figures of what is done so far [no limit]
  --least    how often each situation has to have been seen [100]
  --file     where it is noted [data/campaign.jsonl]

Exit code: 0 everything held and was seen, 1 not.`;

const numbers = {
  seeds: 40_000,
  first: 1001,
  orders: 25,
  pairs: crashSites.length ** 2,
  days: 60,
  kills: 20,
  planted: 1,
  workers: 2,
  minutes: Number.MAX_SAFE_INTEGER,
  least: 100,
} as const;
type NumberName = keyof typeof numbers;

const text = (value: number) => ({ type: 'string', default: String(value) }) as const;
const { values } = parseArgs({
  options: {
    seeds: text(numbers.seeds),
    first: text(numbers.first),
    orders: text(numbers.orders),
    pairs: text(numbers.pairs),
    days: text(numbers.days),
    kills: text(numbers.kills),
    planted: text(numbers.planted),
    workers: text(numbers.workers),
    minutes: text(numbers.minutes),
    least: text(numbers.least),
    file: { type: 'string', default: 'data/campaign.jsonl' },
    help: { type: 'boolean', short: 'h' },
  },
});

const number = (name: NumberName): number =>
  z.coerce
    .number()
    .int()
    .min(0)
    .parse(values[name], { error: () => `--${name} must be a whole number` });

const seedsInPiece = 20;
const deathsInPiece = 10;

const toSeedPieces = (): Piece[] => {
  const [first, seeds, orders] = [number('first'), number('seeds'), number('orders')];
  return Array.from({ length: Math.ceil(seeds / seedsInPiece) }, (_, index) => {
    const seed = first + index * seedsInPiece;
    return { kind: 'seeds', seed, count: Math.min(seedsInPiece, first + seeds - seed), orders };
  });
};

const toPairPieces = (): Piece[] => {
  const all = crashSites.flatMap((one) => crashSites.map((other) => [one, other]));
  const count = Math.min(number('pairs'), all.length);
  const pairs = Array.from(
    { length: count },
    (_, index) => all[Math.floor((index * all.length) / count)] ?? [],
  );
  return toDeathPieces(`pairs-${count}`, pairs);
};

const toDeathPieces = (name: string, sites: readonly (readonly CrashSite[])[]): Piece[] =>
  Array.from({ length: Math.ceil(sites.length / deathsInPiece) }, (_, index) => {
    const at = index * deathsInPiece;
    return { kind: 'deaths', sites: sites.slice(at, at + deathsInPiece), name: `${name}-${at}` };
  });

/** The few that find most come first, and the others mixed, so that a campaign that is cut short has some of each. */
const toPieces = async (): Promise<Piece[]> => {
  const singles = toDeathPieces(
    'singles',
    crashSites.map((site) => [site]),
  );
  const bugs = number('planted') === 0 ? [] : await readBugs();
  const days = Array.from({ length: number('days') }, (_, index) => index + 1);
  const rounds = Array.from({ length: number('kills') }, (_, index) => index);
  return [
    ...singles,
    ...mix(
      toPairPieces(),
      days.map((seed): Piece => ({ kind: 'power-cuts', seed })),
      rounds.map((round): Piece => ({ kind: 'kills', round })),
      bugs.map(({ name }): Piece => ({ kind: 'planted', bug: name })),
      toSeedPieces(),
    ),
  ];
};

/** All of the lists, each spread evenly over the first half, and the longest over all of it. */
const mix = (...lists: readonly Piece[][]): Piece[] => {
  const longest = Math.max(...lists.map(({ length }) => length));
  return lists
    .flatMap((list) => {
      const end = list.length === longest ? 1 : 0.5;
      return list.map((piece, index) => ({ piece, place: (end * index) / list.length }));
    })
    .sort((one, other) => one.place - other.place)
    .map(({ piece }) => piece);
};

const readDone = (file: string): PieceResult[] => {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // The last line may have been torn by whoever stopped it: that piece is done again.
  return lines.slice(0, -1).map((line) => pieceResult.parse(JSON.parse(line)));
};

const run = async (): Promise<void> => {
  const { file } = values;
  mkdirSync(dirname(file), { recursive: true });
  const done = new Map(readDone(file).map((result) => [result.name, result]));
  const pieces = await toPieces();
  const left = pieces.filter((piece) => !done.has(toPieceName(piece)));
  console.error(`${pieces.length} pieces, ${pieces.length - left.length} done before`);
  const startedAt = performance.now();
  const minutesSince = () => (performance.now() - startedAt) / 60_000;
  let printedAt = startedAt;
  const note = (result: PieceResult): void => {
    appendFileSync(file, `${JSON.stringify(result)}\n`);
    done.set(result.name, result);
    for (const finding of result.findings) console.log(finding);
    if (performance.now() - printedAt < 5000) return;
    printedAt = performance.now();
    const orders = sum([...done.values()], 'simulated orders');
    console.error(
      `${minutesSince().toFixed(1)} min: ${done.size} of ${pieces.length} pieces, ${orders} orders`,
    );
  };
  const next = () => (minutesSince() < number('minutes') ? left.shift() : undefined);
  await Promise.all(Array.from({ length: number('workers') }, () => work(next, note)));
  print(pieces.flatMap((piece) => done.get(toPieceName(piece)) ?? []));
};

/** One thread, until nothing is left. */
const work = async (next: () => Piece | undefined, note: (result: PieceResult) => void): Promise<void> => {
  await using thread = startThread();
  for (let piece = next(); piece; piece = next()) note(await thread.run(piece));
};

const sum = (results: readonly PieceResult[], figure: string): number =>
  results.reduce((total, { figures }) => total + (figures[figure] ?? 0), 0);

const print = (results: readonly PieceResult[]): void => {
  const names = new Set(results.flatMap(({ figures }) => Object.keys(figures)));
  const figures = Object.fromEntries([...names].map((name) => [name, Math.round(sum(results, name))]));
  const unreached = results.flatMap((result) => result.unreached);
  const violations = results.flatMap(({ findings }) => findings).length;
  const all = { ...figures, 'sites and pairs not come by': unreached.length, violations };
  for (const [name, figure] of Object.entries(all)) console.log(`${name.padEnd(28)} ${figure}`);
  const seen = (name: string) => results.reduce((total, each) => total + (each.sightings[name] ?? 0), 0);
  for (const [name, what] of Object.entries(sightings)) {
    console.log(`${String(seen(name)).padStart(9)}  ${what}`);
  }
  const least = number('least');
  const unseen = Object.keys(sightings).filter((name) => seen(name) < least);
  if (unseen.length > 0) console.log(`seen less than ${least} times: ${unseen.join(', ')}`);
  process.exitCode = violations === 0 && unseen.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await run();
