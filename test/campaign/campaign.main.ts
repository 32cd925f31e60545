// `npm run campaign`: the long version of what the tests do: seeds, single crashes, pairs of crashes, power cuts, real
// kills, planted bugs. Each finished task is recorded, so a campaign that was stopped continues where it was. It prints
// its counts, and fails if there was a violation or a situation was not seen often enough.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { type CrashSite, sightings } from '../../src/simulation.ts';
import { crashSites } from '../../src/simulator/shop/sites.ts';
import { readBugs } from '../planted/bugs.ts';
import { toWholeOption } from '../support/whole-option.ts';
import { type Task, type TaskResult, taskResult, toTaskName } from './task.ts';
import { startWorkerThread } from './worker-thread.ts';

const help = `Usage: npm run campaign [-- --seeds COUNT] [--orders M] [--pairs COUNT] [--days COUNT] …

Simulates COUNT seeds of M orders each, a crash at every commit point, and crashes at pairs of them; cuts the power
of COUNT workloads; kills a real service; plants every bug. Finished tasks are recorded in FILE, where the same
command continues. Ctrl-C is safe at any time.

  --seeds    simulated seeds [40000]
  --first    the first seed [1001]
  --orders   orders in each [25]
  --pairs    pairs of crashes, of ${crashSites.length ** 2}; spread evenly if fewer [all]
  --days     workloads with some hundred power cuts each [60]
  --kills    rounds of 52 real kills each [20]
  --planted  planted bugs: 1 plants every one, 0 none [1]
  --workers  threads [2]
  --minutes  stops after so many, with the counts so far [no limit]
  --least    how often each situation must have been seen [100]
  --file     where finished tasks are recorded [data/campaign.jsonl]

Exit code: 0 no violation and every situation seen, 1 not.`;

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

const number = (name: NumberName): number => toWholeOption(name, values[name]);

const seedsPerTask = 20;
const crashesPerTask = 10;

const toSeedTasks = (): Task[] => {
  const [first, seeds, orders] = [number('first'), number('seeds'), number('orders')];
  return Array.from({ length: Math.ceil(seeds / seedsPerTask) }, (_, index) => {
    const seed = first + index * seedsPerTask;
    const count = Math.min(seedsPerTask, first + seeds - seed);
    // Every fifth of them is about an upgrade.
    return { kind: 'seeds', seed, count, orders, upgrade: index % 5 === 4 };
  });
};

const toPairTasks = (): Task[] => {
  const all = crashSites.flatMap((one) => crashSites.map((other) => [one, other]));
  const count = Math.min(number('pairs'), all.length);
  const pairs = Array.from(
    { length: count },
    (_, index) => all[Math.floor((index * all.length) / count)] ?? [],
  );
  return toCrashTasks(`pairs-${count}`, pairs);
};

const toCrashTasks = (name: string, sites: readonly (readonly CrashSite[])[]): Task[] =>
  Array.from({ length: Math.ceil(sites.length / crashesPerTask) }, (_, index) => {
    const at = index * crashesPerTask;
    return { kind: 'crashes', sites: sites.slice(at, at + crashesPerTask), name: `${name}-${at}` };
  });

/** The few that find most come first, and the others mixed, so that a campaign that is stopped early has some of each. */
const toTasks = async (): Promise<Task[]> => {
  const singles = toCrashTasks(
    'singles',
    crashSites.map((site) => [site]),
  );
  const bugs = number('planted') === 0 ? [] : await readBugs();
  const days = Array.from({ length: number('days') }, (_, index) => index + 1);
  const rounds = Array.from({ length: number('kills') }, (_, index) => index);
  return [
    ...singles,
    ...mix(
      toPairTasks(),
      days.map((seed): Task => ({ kind: 'power-cuts', seed })),
      rounds.map((round): Task => ({ kind: 'kills', round })),
      bugs.map(({ name }): Task => ({ kind: 'planted', bug: name })),
      toSeedTasks(),
    ),
  ];
};

/** All of the lists, each spread evenly over the first half, and the longest over all of it. */
const mix = (...lists: readonly Task[][]): Task[] => {
  const longest = Math.max(...lists.map(({ length }) => length));
  return lists
    .flatMap((list) => {
      const end = list.length === longest ? 1 : 0.5;
      return list.map((task, index) => ({ task, place: (end * index) / list.length }));
    })
    .sort((one, other) => one.place - other.place)
    .map(({ task }) => task);
};

const readDone = (file: string): TaskResult[] => {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // The last line may be torn: its task is run again.
  return lines.slice(0, -1).map((line) => taskResult.parse(JSON.parse(line)));
};

const run = async (): Promise<void> => {
  const { file } = values;
  mkdirSync(dirname(file), { recursive: true });
  const done = new Map(readDone(file).map((result) => [result.name, result]));
  const tasks = await toTasks();
  const left = tasks.filter((task) => !done.has(toTaskName(task)));
  console.error(`${tasks.length} tasks, ${tasks.length - left.length} finished before`);
  const startedAt = performance.now();
  const minutesSince = () => (performance.now() - startedAt) / 60_000;
  let printedAt = startedAt;
  const record = (result: TaskResult): void => {
    appendFileSync(file, `${JSON.stringify(result)}\n`);
    done.set(result.name, result);
    for (const finding of result.findings) console.log(finding);
    if (performance.now() - printedAt < 5000) return;
    printedAt = performance.now();
    const orders = sum([...done.values()], 'simulated orders');
    console.error(
      `${minutesSince().toFixed(1)} min: ${done.size} of ${tasks.length} tasks, ${orders} orders`,
    );
  };
  const next = () => (minutesSince() < number('minutes') ? left.shift() : undefined);
  await Promise.all(Array.from({ length: number('workers') }, () => work(next, record)));
  print(tasks.flatMap((task) => done.get(toTaskName(task)) ?? []));
};

/** One thread, until no task is left. */
const work = async (next: () => Task | undefined, record: (result: TaskResult) => void): Promise<void> => {
  await using thread = startWorkerThread();
  for (let task = next(); task; task = next()) record(await thread.run(task));
};

const sum = (results: readonly TaskResult[], name: string): number =>
  results.reduce((total, { counts }) => total + (counts[name] ?? 0), 0);

const print = (results: readonly TaskResult[]): void => {
  const names = new Set(results.flatMap(({ counts }) => Object.keys(counts)));
  const counts = Object.fromEntries([...names].map((name) => [name, Math.round(sum(results, name))]));
  const unreached = results.flatMap((result) => result.unreached);
  const violations = results.flatMap(({ findings }) => findings).length;
  const all = { ...counts, 'sites and pairs not reached': unreached.length, violations };
  for (const [name, count] of Object.entries(all)) console.log(`${name.padEnd(28)} ${count}`);
  const seen = (name: string) => results.reduce((total, each) => total + (each.sightings[name] ?? 0), 0);
  for (const [name, what] of Object.entries(sightings)) {
    console.log(`${String(seen(name)).padStart(9)}  ${what}`);
  }
  const least = number('least');
  const unseen = Object.keys(sightings).filter((name) => seen(name) < least);
  if (unseen.length > 0) console.log(`seen less than ${least} times: ${unseen.join(', ')}`);
  process.exitCode = violations === 0 && unseen.length === 0 ? 0 : 1;
};

for (const name of Object.keys(numbers) as NumberName[]) number(name);
if (values.help) console.log(help);
else await run();
