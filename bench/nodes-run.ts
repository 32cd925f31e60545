// Nodes over an empty database of one PostgreSQL server, each a process of its own with its share of the load: told to run, measured with
// the server, and checked together when they are done.
import { openPostgresStore } from '../src/main.ts';
import { createCatalogue } from '../src/shop/catalogue.ts';
import { shop as application } from '../src/shop/shop.ts';
import { createDatabase } from '../test/support/postgres/database.ts';
import type { PostgresServer } from '../test/support/postgres/start-postgres.ts';
import { type Child, startChild } from './child.ts';
import { type RawFigures, read } from './figures.ts';
import { readBatches, readFlushes, readServerCpuMs, untilAlone } from './postgres-use.ts';
import { requireOutcome } from './shop.ts';

export interface NodesPlan {
  readonly nodes: number;
  /** Of all nodes together, as all below. */
  readonly inFlight: number;
  readonly orders: number;
  readonly warmUp: number;
  /** Each order is for one unit of one of so many products, in turn. Left out: all are the sample order. */
  readonly products?: number;
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface NodesRun {
  readonly ordersPerSecond: number;
  /** Of the node where it is highest. */
  readonly p50: number;
  readonly p99: number;
  /** Of all nodes, without the server. */
  readonly nodesCpuMs: number;
  readonly serverCpuMs: number;
  readonly batchesPerOrder: number;
  /** From the first start to the last end: making the tables, the warm-up and each end are part of it. */
  readonly flushesPerOrder: number;
}

/** `total` in as many parts as there are nodes, of nearly the same size. */
const share = (total: number, nodes: number): readonly number[] =>
  Array.from({ length: nodes }, (_, place) => Math.floor((total + place) / nodes));

/** Lets all nodes run at once; their reports, in their order. */
const runAll = (nodes: readonly Child[], orders: number): Promise<readonly RawFigures[]> => {
  const parts = share(orders, nodes.length);
  return Promise.all(
    nodes.map((node, place) => {
      const report = node.next();
      node.tell(String(parts[place]));
      return report;
    }),
  );
};

const sum = (reports: readonly RawFigures[], name: string): number =>
  reports.reduce((total, report) => total + read(report, name), 0);

/** @throws Error that names the first thing that is not as it should be. */
const check = async (
  url: string,
  reports: readonly RawFigures[],
  { orders, warmUp, products }: NodesPlan,
) => {
  const store = await openPostgresStore(url, application);
  try {
    const [charged, declined, mails] = ['charged', 'declined', 'mails'].map((name) => sum(reports, name));
    const books = () => ({ charged: charged ?? 0, declined: declined ?? 0, mails: mails ?? 0, money: 0 });
    const shop = { store, catalogue: createCatalogue(store), books };
    await requireOutcome(shop, { orders: orders + warmUp, productCount: products });
  } finally {
    await store.close();
  }
};

/** @throws Error where the outcome of the run is wrong. */
export const runNodes = async (server: PostgresServer, plan: NodesPlan): Promise<NodesRun> => {
  await using database = await createDatabase(server.url);
  const { url } = database;
  const flushesBefore = await readFlushes(server.url);
  const nodes: Child[] = [];
  try {
    for (const inFlight of share(plan.inFlight, plan.nodes)) {
      const { settings, products } = plan;
      const node = startChild({ do: 'node', url, inFlight, settings, products });
      nodes.push(node);
      await node.next();
    }
    const measured = await measure(server, url, nodes, plan);
    for (const node of nodes) node.tell('stop');
    await Promise.all(nodes.map((node) => node.ended()));
    await untilAlone(url);
    const flushes = (await readFlushes(server.url)) - flushesBefore;
    await check(url, measured.reports, plan);
    return { ...measured.run, flushesPerOrder: flushes / (plan.orders + plan.warmUp) };
  } finally {
    for (const node of nodes) await node.kill();
  }
};

const measure = async (
  { pid }: PostgresServer,
  url: string,
  nodes: readonly Child[],
  { orders, warmUp }: NodesPlan,
) => {
  await runAll(nodes, warmUp);
  const batches = await readBatches(url);
  const [cpuMs, startedAt] = [readServerCpuMs(pid), performance.now()];
  const reports = await runAll(nodes, orders);
  const [tookMs, serverMs] = [performance.now() - startedAt, readServerCpuMs(pid) - cpuMs];
  const parts = share(orders, nodes.length);
  const nodesMs = reports.map((report, place) => read(report, 'cpuMsPerOrder') * (parts[place] ?? 0));
  const run = {
    ordersPerSecond: (orders / tookMs) * 1000,
    p50: Math.max(...reports.map((report) => read(report, 'p50'))),
    p99: Math.max(...reports.map((report) => read(report, 'p99'))),
    nodesCpuMs: nodesMs.reduce((total, ms) => total + ms, 0) / orders,
    serverCpuMs: serverMs / orders,
    batchesPerOrder: ((await readBatches(url)) - batches) / orders,
  };
  return { reports, run };
};
