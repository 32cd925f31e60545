// The parts that run orders end to end: in process, over HTTP, and beside what limits them. Each plans runs in
// fresh processes and makes figures of their reports.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { canTrace, runCountingFlushes, runTask, startChild } from './child.ts';
import { type Figure, median, type Part, type RawFigures, read, type Scale } from './figures.ts';

export const newStore = ({ folder }: Scale): string => join(mkdtempSync(join(folder, 'store-')), 'orders.db');

interface Load {
  readonly inFlight: number;
  readonly orders: number;
  readonly warmUp: number;
}

const toLoads = (quick: boolean): readonly Load[] => [
  { inFlight: 1, orders: quick ? 100 : 500, warmUp: quick ? 100 : 1000 },
  { inFlight: 64, orders: quick ? 1000 : 6000, warmUp: quick ? 500 : 3000 },
  { inFlight: 1024, orders: quick ? 2048 : 8192, warmUp: quick ? 1024 : 4096 },
];

/** Rate, latency and cost of one load. */
const toLoadFigures = (name: string, inFlight: number, figures: RawFigures): Figure[] => {
  const rate = read(figures, 'ordersPerSecond');
  return [
    { name: `${name}: rate`, value: rate, unit: 'orders/s', better: 'more' },
    { name: `${name}: p50`, value: read(figures, 'p50'), unit: 'ms', better: 'less' },
    { name: `${name}: p99`, value: read(figures, 'p99'), unit: 'ms', better: 'less' },
    {
      name: `${name}: p99 / fair share`,
      value: read(figures, 'p99') / ((inFlight / rate) * 1000),
      unit: '×',
      better: 'less',
    },
    { name: `${name}: CPU`, value: read(figures, 'cpuMsPerOrder'), unit: 'ms/order', better: 'less' },
    { name: `${name}: memory`, value: read(figures, 'memoryMiB'), unit: 'MiB', better: 'less' },
  ];
};

/** Holds the figures with these names to targets. */
const aim = (figures: readonly Figure[], targets: Readonly<Record<string, number>>): Figure[] =>
  figures.map((figure) => {
    const target = targets[figure.name];
    return target === undefined ? figure : { ...figure, target };
  });

const countPerOrder = async (scale: Scale): Promise<Figure[]> => {
  const orders = scale.quick ? 1000 : 4000;
  const path = newStore(scale);
  const task = { do: 'run', path, inFlight: 64, orders, warmUp: 0, rounds: 1, counted: true } as const;
  const traced = canTrace();
  const counted = traced ? await runCountingFlushes(scale.folder, task) : await runTask(task);
  const name = 'in process, 64 in flight';
  const toFigure = (what: string, value: number, unit: string): Figure => ({
    name: `${name}: ${what}`,
    value,
    unit,
    better: 'less',
  });
  return [
    toFigure('commits', read(counted, 'commitsPerOrder'), '/order'),
    toFigure('statements', read(counted, 'statementsPerOrder'), '/order'),
    toFigure('thread messages', read(counted, 'threadMessagesPerOrder'), '/order'),
    ...(traced ? [toFigure('flushes', read(counted, 'flushes') / orders, '/order')] : []),
    toFigure('written', read(counted, 'kibPerOrder'), 'KiB/order'),
    toFigure('in the file when settled', read(counted, 'fileBytesPerOrder'), 'bytes/order'),
  ];
};

export const inProcess: Part = {
  name: 'in-process',
  about: 'orders end to end through the host API, 1, 64 and 1,024 in flight, and what one costs',
  measure: async (scale) => {
    const figures: Figure[] = [];
    const rates = new Map<number, number>();
    for (const load of toLoads(scale.quick)) {
      scale.say(`in process, ${load.inFlight} in flight`);
      const isProfiled = load.inFlight === 64 && scale.profileFolder !== undefined;
      const plan = isProfiled ? { profileFolder: scale.profileFolder } : {};
      const task = { do: 'run', path: newStore(scale), ...load, rounds: scale.quick ? 2 : 3 } as const;
      const ran = await runTask(task, plan);
      rates.set(load.inFlight, read(ran, 'ordersPerSecond'));
      figures.push(...toLoadFigures(`in process, ${load.inFlight} in flight`, load.inFlight, ran));
    }
    const many = (rates.get(1024) ?? 0) / (rates.get(64) ?? 1);
    figures.push({ name: 'in process: rate at 1024 / rate at 64', value: many, unit: '×', better: 'more' });
    figures.push(...(await countPerOrder(scale)));
    return aim(figures, {
      'in process, 64 in flight: flushes': 0.2,
      'in process, 64 in flight: written': 14,
      'in process, 64 in flight: in the file when settled': 4031,
      'in process, 1024 in flight: p99 / fair share': 3,
      'in process: rate at 1024 / rate at 64': 1.05,
    });
  },
};

interface Drive extends Load {
  /** How the client learns that an order is settled. */
  readonly how: 'stream' | 'wait';
}

/** One load against a service of its own. CPU is that of client and service. */
const drive = async (scale: Scale, load: Drive): Promise<RawFigures> => {
  const server = startChild({ do: 'serve', path: newStore(scale) });
  const port = read(await server.next(), 'port');
  await runTask({ do: 'drive', port, ...load, orders: load.warmUp, warmUp: 1 });
  server.tell('begin');
  const drove = await runTask({ do: 'drive', port, ...load, warmUp: 1 });
  server.tell('end');
  const served = await server.next();
  server.tell('stop');
  await server.ended();
  const cpuMsPerOrder = read(drove, 'cpuMsPerOrder') + read(served, 'cpuMsPerOrder') / (load.orders + 1);
  return { ...drove, cpuMsPerOrder, memoryMiB: read(served, 'memoryMiB') };
};

/** The same orders in process, over HTTP, and waited for in the request, in turn: the medians of the ratios within a round. */
const compareHttp = async (scale: Scale): Promise<Figure[]> => {
  const load = { inFlight: 64, orders: scale.quick ? 500 : 3000, warmUp: scale.quick ? 500 : 1500 };
  const overInProcess: number[] = [];
  const waitingOverNot: number[] = [];
  for (let round = 0; round < (scale.quick ? 1 : 5); round += 1) {
    scale.say(`in process, over HTTP and with Prefer: wait, in turn: round ${round + 1}`);
    const inside = await runTask({ do: 'run', path: newStore(scale), ...load, rounds: 1 });
    const streamed = await drive(scale, { ...load, how: 'stream' });
    const waited = await drive(scale, { ...load, how: 'wait' });
    const rateOf = (figures: RawFigures) => read(figures, 'ordersPerSecond');
    overInProcess.push(rateOf(streamed) / rateOf(inside));
    waitingOverNot.push(rateOf(waited) / rateOf(streamed));
  }
  const toRatio = (name: string, ratios: readonly number[], target: number): Figure => ({
    ...{ name, value: median(ratios), unit: '×', better: 'more', target },
  });
  return [
    toRatio('over HTTP / in process, 64 in flight: rate', overInProcess, 0.75),
    toRatio('Prefer: wait / without, 64 in flight: rate', waitingOverNot, 0.95),
  ];
};

export const overHttp: Part = {
  name: 'http',
  about: 'orders end to end over HTTP, with the client in a process of its own, and beside orders in process',
  measure: async (scale) => {
    const figures: Figure[] = [];
    for (const load of toLoads(scale.quick)) {
      const name = `over HTTP, ${load.inFlight} in flight`;
      scale.say(name);
      figures.push(...toLoadFigures(name, load.inFlight, await drive(scale, { ...load, how: 'stream' })));
    }
    return [...figures, ...(await compareHttp(scale))];
  },
};

export const limits: Part = {
  name: 'limits',
  about: "the same charts under plain XState in memory, and the disk's own flushes, beside ours",
  measure: async (scale) => {
    const load = { inFlight: 64, orders: scale.quick ? 1000 : 4000, warmUp: scale.quick ? 1000 : 3000 };
    const rounds = scale.quick ? 1 : 3;
    const ratios: number[] = [];
    let plain: RawFigures = {};
    let ours: RawFigures = {};
    for (let round = 0; round < rounds; round += 1) {
      scale.say(`plain XState in memory, and Orderchart, in turn: round ${round + 1}`);
      plain = await runTask({ do: 'plain', ...load, rounds: 1 });
      ours = await runTask({ do: 'run', path: newStore(scale), ...load, rounds: 1 });
      ratios.push(read(ours, 'ordersPerSecond') / read(plain, 'ordersPerSecond'));
    }
    const share = median(ratios);
    scale.say("the disk's flushes, and one order at a time");
    const flushed = await runTask({ do: 'flush', path: newStore(scale), times: scale.quick ? 200 : 2000 });
    const single = { inFlight: 1, orders: scale.quick ? 100 : 500, warmUp: scale.quick ? 100 : 1000 };
    const alone = await runTask({ do: 'run', path: newStore(scale), ...single, rounds });
    const flushesPerSecond = 1000 / read(flushed, 'p50');
    return [
      { name: 'plain XState: rate', value: read(plain, 'ordersPerSecond'), unit: 'orders/s', better: 'more' },
      { name: 'plain XState: CPU', value: read(plain, 'cpuMsPerOrder'), unit: 'ms/order', better: 'less' },
      { name: 'ours / plain XState: rate', value: share, unit: '×', better: 'more', target: 0.75 },
      { name: 'the disk: flush p50', value: read(flushed, 'p50'), unit: 'ms', better: 'less' },
      { name: 'the disk: flush p99', value: read(flushed, 'p99'), unit: 'ms', better: 'less' },
      {
        name: 'one order at a time: p50 / a flush of the disk',
        value: read(alone, 'p50') / read(flushed, 'p50'),
        unit: '×',
        better: 'less',
        target: 6,
      },
      {
        name: 'ours / the disk: orders per flush',
        value: read(ours, 'ordersPerSecond') / flushesPerSecond,
        unit: '×',
        better: 'more',
      },
    ];
  },
};
