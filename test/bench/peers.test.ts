// What the benchmark makes of the runs of other systems: medians, ratios within a round, the table, and where one is ahead of
// ours. No system is started here.
import { describe, expect, it } from 'vitest';
import { median } from '../../bench/figures.ts';
import { bullmq, type Measured, ours, toFigures, toMeasured, toMedian, toRatio } from '../../bench/peers.ts';
import { createPeersPart } from '../../bench/peers-part.ts';
import { replaceComparison, tellAhead, toComparison } from '../../bench/peers-table.ts';

const toRun = (concurrency: number, changes: object = {}) => ({
  ...{ peer: 'bullmq', label: 'bullmq', concurrency, run: 1, orders: 900, wall: 1, p50: 70, p99: 90 },
  ...{ rate: 900, cpuPerOrder: 0.00125, cpuApp: 0.0006, pss: 140 },
  ...{ bytesPerOrder: 15_360, flushesPerOrder: 1.5, ok: true, problems: [] },
  ...changes,
});
const toLines = (...runs: readonly object[]) => `${runs.map((run) => JSON.stringify(run)).join('\n')}\n`;

const toResult = (changes: Partial<Measured> = {}): Measured => ({
  ...{ rate: 1000, cpu: 1, kib: 20, flushes: 0.1, memoryMiB: 300, p50Alone: 5 },
  ...changes,
});
const toRound = (results: Readonly<Record<string, Partial<Measured>>>) =>
  new Map(Object.entries(results).map(([id, changes]) => [id, toResult(changes)]));

const circumstances = {
  ...{ command: 'npm run bench', machine: '2 × AMD EPYC', date: '2026-11-29' },
  versions: ['BullMQ 6.7.0', 'Redis 7.0.15'],
};

describe('the runs of a peer', () => {
  it('given one with 64 in flight and one alone, they are one result', () => {
    expect(toMeasured('bullmq', toLines(toRun(64), toRun(1, { p50: 4.5 })))).toEqual({
      ...{ rate: 900, cpu: 1.25, kib: 15, flushes: 1.5, memoryMiB: 140, p50Alone: 4.5 },
    });
  });
  it('given a system without counters of the disk, what was written is not known', () => {
    const run = toRun(64, { bytesPerOrder: null, flushesPerOrder: null });
    expect(toMeasured('bullmq', toLines(run, toRun(1)))).toMatchObject({
      ...{ rate: 900, kib: undefined, flushes: undefined },
    });
  });
  it.each<[string, readonly object[], string]>([
    [
      'whose store is wrong is an error that says what is wrong',
      [
        toRun(64, { ok: false, problems: ['completed: 8, expected 9', 'sku-1: 3 left, expected 4'] }),
        toRun(1),
      ],
      'bullmq with 64 in flight is wrong: completed: 8, expected 9; sku-1: 3 left, expected 4',
    ],
    [
      'that failed is an error with its reason',
      [toRun(64), { peer: 'bullmq', concurrency: 1, ok: false, error: 'redis did not start' }],
      'bullmq with 1 in flight: redis did not start',
    ],
    ['that is missing is an error', [toRun(64)], 'bullmq with 1 in flight reported no run'],
    [
      'of another peer does not count',
      [toRun(64), toRun(1, { peer: 'dbos' })],
      'bullmq with 1 in flight reported no run',
    ],
  ])('one %s', (_what, runs, message) => {
    expect(() => toMeasured('bullmq', toLines(...runs))).toThrow(message);
  });
  it('given a line without a rate, it is refused', () => {
    expect(() => toMeasured('bullmq', toLines(toRun(64, { rate: undefined }), toRun(1)))).toThrow('rate');
  });
});

describe('medians', () => {
  it('are the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
  it('leave out rounds that do not have the figure', () => {
    const rounds = [toRound({ bullmq: { kib: undefined } }), toRound({ bullmq: { kib: 7 } }), toRound({})];
    expect(toMedian(rounds, bullmq, 'kib')).toBe(7);
    expect(toMedian(rounds, ours, 'kib')).toBeUndefined();
  });
  it('given a machine that slows down, ratios are those within a round', () => {
    const rounds = [
      toRound({ orderchart: { rate: 2000 }, bullmq: { rate: 1000 } }),
      toRound({ orderchart: { rate: 200 }, bullmq: { rate: 100 } }),
      toRound({ orderchart: { rate: 30 }, bullmq: { rate: 10 } }),
    ];
    expect(toRatio(rounds, 'rate', ours, bullmq)).toBe(2);
    expect(toRatio([toRound({ orderchart: {} })], 'rate', ours, bullmq)).toBeUndefined();
  });
});

describe('the figures', () => {
  it('hold the ratios to their targets', () => {
    const rounds = [
      toRound({ orderchart: { rate: 1500, cpu: 1 }, bullmq: { rate: 1000, cpu: 2 }, dbos: {} }),
    ];
    expect(toFigures(rounds)).toMatchObject([
      { name: 'beside peers: rate', value: 1500, better: 'more' },
      { name: 'ours / BullMQ, a flush at every write: rate', value: 1.5, better: 'more', target: 1.4 },
      { name: 'ours / DBOS on PostgreSQL: rate', value: 1.5, better: 'more', target: 10 },
      { name: 'ours / BullMQ, a flush at every write: CPU', value: 0.5, better: 'less', target: 0.8 },
    ]);
  });
  it('hold ours over PostgreSQL to targets of its own', () => {
    const rounds = [
      toRound({ 'orderchart-postgres': { rate: 900 }, bullmq: { rate: 1000 }, dbos: { rate: 100 } }),
    ];
    expect(toFigures(rounds)).toMatchObject([
      { name: 'beside peers, on PostgreSQL: rate', value: 900, better: 'more' },
      { name: 'ours on PostgreSQL / BullMQ, a flush at every write: rate', value: 0.9, target: 0.8 },
      { name: 'ours on PostgreSQL / DBOS on PostgreSQL: rate', value: 9, target: 6 },
    ]);
  });
  it('given no peer that ran, there are none of it', () => {
    expect(toFigures([toRound({ orderchart: {} })]).map(({ name }) => name)).toEqual(['beside peers: rate']);
  });
});

describe('the comparison', () => {
  it('lists what ran by its rate, with how and where it was measured', () => {
    const rounds = [
      toRound({ dbos: { rate: 80, kib: undefined }, bullmq: { rate: 800 }, orderchart: { rate: 1200 } }),
    ];
    expect(toComparison(rounds, circumstances).split('\n')).toEqual([
      '| system | orders/s | × BullMQ | CPU ms/order | KiB/order | flushes/order | memory MiB | p50 alone, ms |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      '| **Orderchart** | 1,200 | 1.50 | 1.00 | 20.0 | 0.10 | 300 | 5.0 |',
      '| BullMQ, a flush at every write | 800 | 1.00 | 1.00 | 20.0 | 0.10 | 300 | 5.0 |',
      '| DBOS on PostgreSQL | 80 | 0.10 | 1.00 | – | 0.10 | 300 | 5.0 |',
      '',
      '`npm run bench`, one round, on 2 × AMD EPYC, 2026-11-29. BullMQ 6.7.0, Redis 7.0.15.',
      '',
      'No other system is ahead of Orderchart in any column.',
    ]);
  });
  it('lists ours over PostgreSQL as ours, and never as ahead of itself', () => {
    const rounds = [toRound({ orderchart: { rate: 900 }, 'orderchart-postgres': { rate: 1000 } })];
    expect(toComparison(rounds, circumstances)).toContain('| **Orderchart on PostgreSQL** | 1,000 |');
    expect(tellAhead(rounds)).toMatch(/^No other system/);
  });
  it('given no BullMQ, has no ratios to it', () => {
    const text = toComparison([toRound({ orderchart: {}, dbos: {} })], circumstances);
    expect(text).toContain('| **Orderchart** | 1,000 | – |');
  });
  it('says in what each peer is ahead', () => {
    const rounds = [
      toRound({
        orderchart: {},
        bullmq: { kib: 12, p50Alone: 4 },
        dbos: { rate: 1001 },
        restate: { cpu: 2 },
      }),
    ];
    expect(tellAhead(rounds)).toBe(
      [
        'Where another system is ahead of Orderchart:\n',
        '- DBOS on PostgreSQL: orders/s (1,001, ours 1,000)',
        '- BullMQ, a flush at every write: KiB/order (12.0, ours 20.0); p50 alone, ms (4.0, ours 5.0)',
      ].join('\n'),
    );
  });
  it('given a difference that the table does not show, says nothing of it', () => {
    expect(tellAhead([toRound({ orderchart: {}, bullmq: { cpu: 0.999 } })])).toMatch(/^No other system/);
  });
});

describe('the part', () => {
  const toPlan = (isRequired: boolean) => ({
    ...{ folder: '/nowhere/peers', isRequired, command: '', machine: '', version: '' },
    publish: () => expect.unreachable(),
  });
  const said: string[] = [];
  const scale = {
    ...{ quick: true, folder: '/nowhere', profileFolder: undefined },
    say: (line: string) => said.push(line),
  };
  it('given no benchmark of the peers, is left out with one line', async () => {
    expect(await createPeersPart(toPlan(false)).measure(scale)).toEqual([]);
    expect(said).toEqual([
      'left out: there is no /nowhere/peers; --peers DIR names the benchmark of the peers',
    ]);
  });
  it('given none and asked for by name, fails', async () => {
    await expect(createPeersPart(toPlan(true)).measure(scale)).rejects.toThrow('there is no /nowhere/peers');
  });
});

describe('the README', () => {
  it('gets the comparison between its markers, and keeps the rest', () => {
    const page = 'before\n<!-- peers -->\n\nold\n\n<!-- /peers -->\nafter\n';
    expect(replaceComparison(page, 'new')).toBe('before\n<!-- peers -->\n\nnew\n\n<!-- /peers -->\nafter\n');
  });
  it.each(['none', '<!-- peers -->', '<!-- /peers --> <!-- peers -->'])(
    'given %j, nothing is written',
    (page) => {
      expect(() => replaceComparison(page, 'new')).toThrow('to write between');
    },
  );
});
