// The parts that run orders under strain: a full store, parked orders, a restart, one hot product, a slow disk,
// slow payments. Each compares with the same run without the strain, in the same minute.
import { canTrace, runTask, startChild } from './child.ts';
import { newStore } from './end-to-end-parts.ts';
import { type Figure, type Part, read, type Scale } from './figures.ts';

const toRun = (scale: Scale) =>
  ({
    do: 'run',
    path: newStore(scale),
    inFlight: 64,
    orders: scale.quick ? 800 : 4000,
    warmUp: scale.quick ? 500 : 2000,
    rounds: scale.quick ? 2 : 3,
  }) as const;

const measureLists = async (scale: Scale, path: string, before: number): Promise<number> => {
  const server = startChild({ do: 'serve', path, before });
  const port = read(await server.next(), 'port');
  await runTask({ do: 'list', port, times: 5 });
  const listed = await runTask({ do: 'list', port, times: scale.quick ? 20 : 100 });
  for (const [query, ms] of Object.entries(listed))
    scale.say(`GET /orders?${query}: p99 ${ms.toFixed(2)} ms`);
  server.tell('stop');
  await server.kill();
  return read(listed, 'slowest');
};

export const growth: Part = {
  name: 'growth',
  about:
    'the same with 0, 100,000 and 1,000,000 settled orders in the store, and GET /orders by every filter',
  measure: async (scale) => {
    const figures: Figure[] = [];
    let empty = 0;
    for (const before of scale.quick ? [0, 5000] : [0, 100_000, 1_000_000]) {
      const run = toRun(scale);
      scale.say(`${before} settled orders in the store`);
      if (before > 0) await runTask({ do: 'fill', path: run.path, orders: before });
      const rate = read(await runTask({ ...run, before }), 'ordersPerSecond');
      if (before === 0) empty = rate;
      const name = `${before} settled orders`;
      figures.push(
        { name: `${name}: rate`, value: rate, unit: 'orders/s', better: 'more' },
        { name: `${name}: rate / empty`, value: rate / empty, unit: '×', better: 'more', target: 0.95 },
        {
          name: `${name}: slowest GET /orders p99`,
          value: await measureLists(scale, run.path, before),
          unit: 'ms',
          better: 'less',
          target: 20,
        },
      );
    }
    return figures;
  },
};

export const parked: Part = {
  name: 'parked',
  about: 'memory of orders that wait for days',
  measure: async (scale) => {
    const orders = scale.quick ? 2000 : 100_000;
    scale.say(`${orders} orders that wait for their capture`);
    const report = await runTask({ do: 'park', path: newStore(scale), orders, warmUp: orders / 10 });
    return [
      {
        name: 'parked order: memory',
        value: read(report, 'bytesPerOrder'),
        unit: 'bytes',
        better: 'less',
        target: 200,
      },
    ];
  },
};

export const restart: Part = {
  name: 'restart',
  about: 'a start over what a kill left: orders in flight',
  measure: async (scale) => {
    const orders = scale.quick ? 1000 : 10_000;
    const path = newStore(scale);
    scale.say(`a kill with ${orders} orders in flight`);
    const stranding = startChild({ do: 'strand', path, orders });
    await stranding.next();
    await stranding.kill();
    const resumed = await runTask({ do: 'resume', path, orders });
    const toFigure = (what: string, name: string, target?: number): Figure => ({
      name: `restart with ${orders} in flight: ${what}`,
      value: read(resumed, name),
      unit: 'ms',
      better: 'less',
      ...(target !== undefined && { target }),
    });
    return [
      toFigure('first progress', 'firstMs', 500),
      toFigure('all moving', 'movingMs', 6000),
      toFigure('all settled', 'settledMs'),
    ];
  },
};

/** Alternating, the best of each. */
const compareHotProduct = async (scale: Scale): Promise<Figure> => {
  const best = new Map<number, number>();
  for (let round = 0; round < (scale.quick ? 1 : 2); round += 1) {
    for (const products of [1000, 1]) {
      scale.say(`orders for ${products} products`);
      const rate = read(await runTask({ ...toRun(scale), products }), 'ordersPerSecond');
      best.set(products, Math.max(rate, best.get(products) ?? 0));
    }
  }
  return {
    name: 'one product / 1,000 products, 64 in flight: rate',
    value: (best.get(1) ?? Number.NaN) / (best.get(1000) ?? Number.NaN),
    unit: '×',
    better: 'more',
    target: 0.9,
  };
};

export const hotProduct: Part = {
  name: 'hot-product',
  about: 'all orders for one product, beside 1,000; and 1, 10 and 100 orders of it in a commit',
  measure: async (scale) => {
    const figures: Figure[] = [await compareHotProduct(scale)];
    for (const batch of [1, 10, 100]) {
      scale.say(`${batch} orders of one product in a commit`);
      const orders = scale.quick ? 500 : batch === 1 ? 1500 : 4000;
      const settings = { MAX_BATCH_ORDERS: batch };
      const ran = await runTask({
        ...toRun(scale),
        orders,
        warmUp: 500,
        inFlight: 100,
        products: 1,
        settings,
      });
      const name = `hot product, at most ${batch} in a commit`;
      figures.push(
        { name: `${name}: rate`, value: read(ran, 'ordersPerSecond'), unit: 'orders/s', better: 'more' },
        { name: `${name}: CPU`, value: read(ran, 'cpuMsPerOrder'), unit: 'ms/order', better: 'less' },
      );
    }
    return figures;
  },
};

export const slowDisk: Part = {
  name: 'slow-disk',
  about: 'a disk whose flush takes 1 ms longer (strace holds every fsync and fdatasync back)',
  measure: async (scale) => {
    if (!canTrace()) {
      scale.say('left out: strace is not there, or may not trace (apt-get install strace)');
      return [];
    }
    scale.say('a slow disk, and a fast one');
    const fast = read(await runTask(toRun(scale), { flushLog: '/dev/null' }), 'ordersPerSecond');
    const slow = read(await runTask(toRun(scale), { slowFlushUs: 1000 }), 'ordersPerSecond');
    return [
      { name: 'slow disk: rate', value: slow, unit: 'orders/s', better: 'more' },
      { name: 'slow disk: rate / fast disk', value: slow / fast, unit: '×', better: 'more', target: 0.7 },
    ];
  },
};

export const slowPayments: Part = {
  name: 'slow-payments',
  about: 'payments that take 200 ms, 1,024 in flight: waiting must cost nothing',
  measure: async (scale) => {
    scale.say('payments that take 200 ms, and none');
    const run = { ...toRun(scale), inFlight: 1024, orders: scale.quick ? 2048 : 8192, rounds: 1 };
    const quick = await runTask({ ...run, path: newStore(scale) });
    const slow = await runTask({ ...run, path: newStore(scale), paymentMs: 200 });
    const extra = read(slow, 'cpuMsPerOrder') / read(quick, 'cpuMsPerOrder');
    return [
      { name: 'slow payments: rate', value: read(slow, 'ordersPerSecond'), unit: 'orders/s', better: 'more' },
      { name: 'slow payments: p50', value: read(slow, 'p50'), unit: 'ms', better: 'less' },
      { name: 'slow payments: CPU / instant payments', value: extra, unit: '×', better: 'less' },
    ];
  },
};
