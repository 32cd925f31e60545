// The part that runs orders over PostgreSQL, by one node and by several, over a server of its own: what an order costs there, what more
// nodes bring, and what a hot product costs. What is compared is run in turn in each round, on the same server.
import { chmodSync } from 'node:fs';
import { resolve } from 'node:path';
import { type PostgresServer, startPostgres } from '../test/support/postgres/start-postgres.ts';
import { runTask } from './child.ts';
import { newStore } from './end-to-end-parts.ts';
import { type Figure, median, type Part, read, type Scale } from './figures.ts';
import { type NodesPlan, type NodesRun, runNodes } from './nodes-run.ts';

type Load = Pick<NodesPlan, 'inFlight' | 'orders' | 'warmUp'>;

const toLoads = (quick: boolean) => ({
  alone: { inFlight: 1, orders: quick ? 100 : 500, warmUp: quick ? 100 : 500 },
  some: { inFlight: 64, orders: quick ? 800 : 5000, warmUp: quick ? 500 : 2500 },
  many: { inFlight: 1024, orders: quick ? 2048 : 8192, warmUp: quick ? 1024 : 4096 },
});

const toName = (nodes: number, inFlight: number): string =>
  `PostgreSQL, ${nodes === 1 ? 'one node' : `${nodes} nodes`}, ${inFlight.toLocaleString('en')} in flight`;

const medianOf = (runs: readonly NodesRun[], name: keyof NodesRun): number =>
  median(runs.map((run) => run[name]));

/** The median of the ratios within a round. */
const medianRatio = (over: readonly NodesRun[], under: readonly NodesRun[]): number =>
  median(
    over.map(({ ordersPerSecond }, round) => ordersPerSecond / (under[round]?.ordersPerSecond ?? Number.NaN)),
  );

const toRatio = (name: string, value: number, target?: number): Figure => ({
  ...{ name, value, unit: '×', better: 'more', ...(target !== undefined && { target }) },
});

const toRunFigures = (name: string, runs: readonly NodesRun[]): Figure[] => {
  const less = (what: string, of: keyof NodesRun, unit: string): Figure => ({
    ...{ name: `${name}: ${what}`, value: medianOf(runs, of), unit, better: 'less' },
  });
  return [
    {
      ...{
        name: `${name}: rate`,
        value: medianOf(runs, 'ordersPerSecond'),
        unit: 'orders/s',
        better: 'more',
      },
    },
    less('p50', 'p50', 'ms'),
    less('p99', 'p99', 'ms'),
    less('CPU of the nodes', 'nodesCpuMs', 'ms/order'),
    less('CPU of PostgreSQL', 'serverCpuMs', 'ms/order'),
    less('commits', 'batchesPerOrder', '/order'),
    less('flushes', 'flushesPerOrder', '/order'),
  ];
};

interface Place {
  readonly server: PostgresServer;
  readonly scale: Scale;
  readonly rounds: number;
}

/** One and three nodes over PostgreSQL and one process over a file, in turn. */
const compareNodes = async ({ server, scale, rounds }: Place): Promise<Figure[]> => {
  const { alone, some, many } = toLoads(scale.quick);
  const plans: readonly NodesPlan[] = [
    { nodes: 1, ...alone },
    ...[some, many].flatMap((load) => [1, 3].map((nodes) => ({ nodes, ...load }))),
  ];
  const runs = new Map<string, NodesRun[]>();
  const ofFile: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const plan of plans) {
      const name = toName(plan.nodes, plan.inFlight);
      scale.say(`round ${round}: ${name}`);
      runs.set(name, [...(runs.get(name) ?? []), await runNodes(server, plan)]);
    }
    scale.say(`round ${round}: SQLite, ${some.inFlight} in flight`);
    const file = await runTask({ do: 'run', path: newStore(scale), ...some, rounds: 1 });
    ofFile.push(read(file, 'ordersPerSecond'));
  }
  const find = (nodes: number, { inFlight }: Load) => runs.get(toName(nodes, inFlight)) ?? [];
  const overFile = ofFile.map((rate, round) => rate / (find(1, some)[round]?.ordersPerSecond ?? Number.NaN));
  return [
    ...[...runs].flatMap(([name, each]) => toRunFigures(name, each)),
    ...[some, many].map((load) =>
      toRatio(
        `PostgreSQL, 3 nodes / one, ${load.inFlight.toLocaleString('en')} in flight: rate`,
        ...([medianRatio(find(3, load), find(1, load)), 0.9] as const),
      ),
    ),
    toRatio(`SQLite / PostgreSQL, one process each, ${some.inFlight} in flight: rate`, median(overFile)),
  ];
};

/** One product that all orders are for, and a thousand, in turn: for one node, and for two at once. */
const compareHotProduct = async ({ server, scale, rounds }: Place): Promise<Figure[]> => {
  const figures: Figure[] = [];
  for (const nodes of [1, 2]) {
    const [hot, thousand]: [NodesRun[], NodesRun[]] = [[], []];
    for (let round = 1; round <= rounds; round += 1) {
      for (const [products, runs] of [
        [1000, thousand],
        [1, hot],
      ] as const) {
        scale.say(`round ${round}: ${toName(nodes, 64)}, orders for ${products} products`);
        runs.push(await runNodes(server, { nodes, ...toLoads(scale.quick).some, products }));
      }
    }
    const name = `PostgreSQL, ${nodes === 1 ? 'one node' : 'two nodes at once'}, 64 in flight`;
    figures.push(
      {
        ...{ name: `${name}, one product: rate`, value: medianOf(hot, 'ordersPerSecond') },
        ...{ unit: 'orders/s', better: 'more' },
      },
      toRatio(`${name}, one product / 1,000 products: rate`, medianRatio(hot, thousand)),
    );
  }
  return figures;
};

/** So many orders of one product at most in a commit, by one node. */
const limitBatches = async ({ server, scale }: Place): Promise<Figure[]> => {
  const figures: Figure[] = [];
  for (const batch of [1, 10, 100]) {
    scale.say(`${batch} orders of one product in a commit`);
    const orders = scale.quick ? 400 : batch === 1 ? 1500 : 4000;
    const load = { nodes: 1, inFlight: 100, orders, warmUp: 400, products: 1 };
    const run = await runNodes(server, { ...load, settings: { MAX_BATCH_ORDERS: batch } });
    const name = `PostgreSQL, hot product, at most ${batch} in a commit`;
    figures.push(
      { name: `${name}: rate`, value: run.ordersPerSecond, unit: 'orders/s', better: 'more' },
      { name: `${name}: CPU of the node`, value: run.nodesCpuMs, unit: 'ms/order', better: 'less' },
      { name: `${name}: CPU of PostgreSQL`, value: run.serverCpuMs, unit: 'ms/order', better: 'less' },
    );
  }
  return figures;
};

/** What the issue of several nodes aims at. */
const targets = new Map([
  [`${toName(1, 1)}: p50`, 6],
  [`${toName(1, 64)}: commits`, 0.1],
]);

export const postgres: Part = {
  name: 'postgres',
  about:
    'one and three nodes over a PostgreSQL server of their own, 1, 64 and 1,024 in flight; a hot product',
  measure: async (scale) => {
    // Where tests run as root, the server is another user's, which has to come in.
    chmodSync(scale.folder, 0o755);
    // As it is installed, every commit flushed; the order of texts is the only thing that is chosen.
    await using server = await startPostgres({ folder: resolve(scale.folder), locale: 'C' });
    const place = { server, scale, rounds: scale.quick ? 1 : 3 };
    const figures = [
      ...(await compareNodes(place)),
      ...(await compareHotProduct(place)),
      ...(await limitBatches(place)),
    ];
    return figures.map((figure) => {
      const target = targets.get(figure.name);
      return target === undefined ? figure : { ...figure, target };
    });
  },
};
