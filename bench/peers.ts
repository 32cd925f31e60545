// The systems that Orderchart is compared with, as data, and what is made of their runs: medians of the rounds, and ratios
// of two systems within each round, because the speed of a machine changes from one round to the next. It starts nothing.
import { z } from 'zod';
import { type Figure, median } from './figures.ts';

export type Server = 'redis' | 'postgres' | 'restate';

export interface Peer {
  /** Its file in the folder `peers/` of the peers' benchmark, or in ours beside this file. */
  readonly id: string;
  readonly name: string;
  /** It is Orderchart. */
  readonly isOurs?: true;
  readonly needs: readonly Server[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What has a version, and the package that has it too. */
  readonly product?: { readonly name: string; readonly packageName: string };
  /** At least this many times its rate is aimed at: by ours over a file, and by ours over PostgreSQL. */
  readonly target?: number;
  readonly targetOverPostgres?: number;
}

const restate = { name: 'Restate', packageName: '@restatedev/restate-server' };
const openWorkflow = { name: 'OpenWorkflow', packageName: 'openworkflow' };

export const ours: Peer = { id: 'orderchart', name: 'Orderchart', isOurs: true, needs: [] };
/** One node, over the same server as the peers that use PostgreSQL. */
const oursOverPostgres: Peer = {
  id: 'orderchart-postgres',
  name: 'Orderchart on PostgreSQL',
  isOurs: true,
  needs: ['postgres'],
};
export const bullmq: Peer = {
  id: 'bullmq',
  name: 'BullMQ, a flush at every write',
  needs: ['redis'],
  environment: { REDIS_FSYNC: 'always' },
  product: { name: 'BullMQ', packageName: 'bullmq' },
  target: 1.4,
  targetOverPostgres: 0.8,
};
export const peers: readonly Peer[] = [
  ours,
  oursOverPostgres,
  bullmq,
  {
    id: 'restate-pg',
    name: 'Restate, stock in PostgreSQL',
    needs: ['restate', 'postgres'],
    product: restate,
    target: 7,
  },
  { id: 'restate', name: 'Restate, stock in virtual objects', needs: ['restate'], product: restate },
  {
    id: 'dbos',
    name: 'DBOS on PostgreSQL',
    needs: ['postgres'],
    product: { name: 'DBOS', packageName: '@dbos-inc/dbos-sdk' },
    target: 10,
    targetOverPostgres: 6,
  },
  {
    id: 'openworkflow-sqlite',
    name: 'OpenWorkflow on SQLite',
    needs: [],
    product: openWorkflow,
    target: 11,
  },
  { id: 'openworkflow-pg', name: 'OpenWorkflow on PostgreSQL', needs: ['postgres'], product: openWorkflow },
];

const amount = z.number().nonnegative();
const run = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    peer: z.string(),
    concurrency: z.number(),
    rate: z.number().positive(),
    p50: amount,
    /** Seconds of all processes. */
    cpuPerOrder: amount,
    /** MiB of all processes. */
    pss: amount,
    /** Null where the system has no counters of the disk. */
    bytesPerOrder: amount.nullable(),
    flushesPerOrder: amount.nullable(),
  }),
  z.object({
    ok: z.literal(false),
    peer: z.string(),
    concurrency: z.number(),
    error: z.string().optional(),
    problems: z.array(z.string()).optional(),
  }),
]);

/** What a system did in one round: with 64 orders in flight, where nothing else is said. */
export interface Measured {
  /** Orders a second. */
  readonly rate: number;
  /** Of all its processes, ms an order. */
  readonly cpu: number;
  readonly kib: number | undefined;
  readonly flushes: number | undefined;
  readonly memoryMiB: number;
  /** From placing to the end of an order, one at a time: the median, in ms. */
  readonly p50Alone: number;
}
export type Round = ReadonlyMap<string, Measured>;

export const loads = { many: 64, alone: 1 };

/**
 * The runs of one peer in one round, from the lines that `run.mjs` wrote.
 * @throws Error when a run failed, left something wrong in its store, or is missing.
 */
export const toMeasured = (peer: string, lines: string): Measured => {
  const runs = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => run.parse(JSON.parse(line)));
  const find = (concurrency: number) => {
    const found = runs.find((each) => each.peer === peer && each.concurrency === concurrency);
    const what = `${peer} with ${concurrency} in flight`;
    if (found === undefined) throw new Error(`${what} reported no run`);
    if (found.ok) return found;
    const { error, problems = [] } = found;
    throw new Error(error === undefined ? `${what} is wrong: ${problems.join('; ')}` : `${what}: ${error}`);
  };
  const many = find(loads.many);
  return {
    rate: many.rate,
    cpu: many.cpuPerOrder * 1000,
    kib: many.bytesPerOrder === null ? undefined : many.bytesPerOrder / 1024,
    flushes: many.flushesPerOrder ?? undefined,
    memoryMiB: many.pss,
    p50Alone: find(loads.alone).p50,
  };
};

/** Median of the rounds; undefined where none has it. */
export const toMedian = (rounds: readonly Round[], { id }: Peer, of: keyof Measured): number | undefined => {
  const values = rounds.flatMap((round) => round.get(id)?.[of] ?? []);
  return values.length === 0 ? undefined : median(values);
};

/** One peer's figure / another's, in each round; the median of these. Undefined where one of them did not run. */
export const toRatio = (
  rounds: readonly Round[],
  of: keyof Measured,
  { id: over }: Peer,
  { id: under }: Peer,
): number | undefined => {
  const ratios = rounds.flatMap((round) => {
    const [above, below] = [round.get(over)?.[of], round.get(under)?.[of]];
    return above === undefined || below === undefined ? [] : [above / below];
  });
  return ratios.length === 0 ? undefined : median(ratios);
};

const toRatioFigure = (
  name: string,
  value: number | undefined,
  figure: Omit<Figure, 'name' | 'value' | 'unit'>,
) => (value === undefined ? [] : [{ name, value, unit: '×', ...figure }]);

const toRate = (name: string, rounds: readonly Round[], peer: Peer): readonly Figure[] => {
  const value = toMedian(rounds, peer, 'rate');
  return value === undefined ? [] : [{ name, value, unit: 'orders/s', better: 'more' }];
};

/** Our figures beside the peers that ran, held to the targets. */
export const toFigures = (rounds: readonly Round[]): readonly Figure[] => {
  const others = peers.filter(({ isOurs }) => isOurs !== true);
  const toRates = (name: string, own: Peer, of: 'target' | 'targetOverPostgres') =>
    others.flatMap((peer) =>
      toRatioFigure(`${name} / ${peer.name}: rate`, toRatio(rounds, 'rate', own, peer), {
        better: 'more',
        ...(peer[of] !== undefined && { target: peer[of] }),
      }),
    );
  return [
    ...toRate('beside peers: rate', rounds, ours),
    ...toRates('ours', ours, 'target'),
    ...toRatioFigure(`ours / ${bullmq.name}: CPU`, toRatio(rounds, 'cpu', ours, bullmq), {
      ...{ better: 'less', target: 0.8 },
    }),
    ...toRate('beside peers, on PostgreSQL: rate', rounds, oursOverPostgres),
    ...toRates('ours on PostgreSQL', oursOverPostgres, 'targetOverPostgres'),
  ];
};
