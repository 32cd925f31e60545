// The metrics, under Prometheus' conventions: one set of names for all parts, times in seconds. It decides nothing.
import { Counter, exponentialBuckets, Gauge, Histogram, type Registry } from 'prom-client';
import { sumOrders } from './chart-versions.ts';
import type { SloTracker } from './slo-tracker.ts';
import type { ClockJumps } from './steady-clock.ts';
import type { StoreFigures } from './store.ts';

const seconds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/** The figures of one process, registered in `registry`. */
export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'orderchart_events_published_total',
      help: 'Domain events written to the journal',
      labelNames: ['type'],
      registers,
    }),
    messages: new Counter({
      name: 'orderchart_messages_processed_total',
      help: 'Messages that reached an order, by disposition (dead: quarantined)',
      labelNames: ['disposition'],
      registers,
    }),
    failures: new Counter({
      name: 'orderchart_messages_failed_total',
      help: 'Messages that could not be committed and will be retried',
      registers,
    }),
    violations: new Counter({
      name: 'orderchart_invariants_violated_total',
      help: 'Messages that were quarantined because they would have broken an invariant, by invariant',
      labelNames: ['invariant'],
      registers,
    }),
    incidents: new Counter({
      name: 'orderchart_incidents_opened_total',
      help: 'Incidents opened, by actor and reason',
      labelNames: ['actor', 'reason'],
      registers,
    }),
    stateSeconds: new Histogram({
      name: 'orderchart_state_seconds',
      help: 'Time that orders spent in a state before they left it; in a parallel state, since its last change',
      labelNames: ['state'],
      buckets: seconds,
      registers,
    }),
    orderSeconds: new Histogram({
      name: 'orderchart_order_seconds',
      help: 'Time from placing an order to its outcome: completed, rejected, failed or cancelled',
      buckets: exponentialBuckets(0.001, 2, 24),
      registers,
    }),
    pendingMessages: new Gauge({
      name: 'orderchart_messages_pending',
      help: 'Messages waiting for a commit',
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'orderchart_commit_seconds',
      help: 'Time of a commit, stepping and flush included',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    commitOrders: new Histogram({
      name: 'orderchart_commit_orders',
      help: 'Orders in a commit',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    ...createCallMetrics(registers),
  };
};

/** Calls to services. */
const createCallMetrics = (registers: Registry[]) => ({
  calls: new Counter({
    name: 'orderchart_calls_total',
    help: 'Calls to services, by command and reply',
    labelNames: ['command', 'reply'],
    registers,
  }),
  retries: new Counter({
    name: 'orderchart_call_retries_total',
    help: 'Calls that were a second or later attempt, by command',
    labelNames: ['command'],
    registers,
  }),
  callSeconds: new Histogram({
    name: 'orderchart_call_seconds',
    help: 'Time of a call to an outside service',
    labelNames: ['command'],
    buckets: seconds,
    registers,
  }),
  callsInFlight: new Gauge({
    name: 'orderchart_calls_in_flight',
    help: 'Calls to outside services that have no answer yet',
    registers,
  }),
});

export type Metrics = ReturnType<typeof createMetrics>;

/** How the states keep to the objectives in their charts. */
export const addSloMetrics = (registry: Registry, slos: SloTracker): void => {
  const parts = { labelNames: ['state'], registers: [registry] };
  const seconds = new Gauge({
    name: 'orderchart_slo_target_seconds',
    help: 'Time in which orders shall leave a state',
    ...parts,
  });
  const share = new Gauge({
    name: 'orderchart_slo_target_ratio',
    help: 'Share of the orders that shall leave a state in its target time',
    ...parts,
  });
  const left = new Counter({
    name: 'orderchart_slo_left_total',
    help: 'Orders that left a state with an objective, by whether they did so in time (within: yes or no)',
    labelNames: ['state', 'within'],
    registers: [registry],
  });
  for (const [state, slo] of slos.targets) {
    seconds.set({ state }, slo.withinMs / 1000);
    share.set({ state }, slo.share);
    for (const within of ['yes', 'no']) left.inc({ state, within }, 0);
  }
  slos.observe((state, isWithin) => left.inc({ state, within: isWithin ? 'yes' : 'no' }));
  const ratio: Gauge = new Gauge({
    name: 'orderchart_slo_within_ratio',
    help: 'Share of the orders that left a state in its target time, in the last hour; absent if none left it',
    ...parts,
    collect: () => {
      ratio.reset();
      for (const each of slos.read())
        if (each.left > 0) ratio.set({ state: each.state }, each.within / each.left);
    },
  });
};

/** What became of the machine's time. */
export const addClockMetrics = (registry: Registry, jumps: ClockJumps): void => {
  const registers = [registry];
  const count = new Counter({
    name: 'orderchart_clock_jumps_total',
    help: "Times that the machine's clock was set by a second or more, or the machine slept, by direction",
    labelNames: ['direction'],
    registers,
  });
  for (const direction of ['ahead', 'back']) count.inc({ direction }, 0);
  jumps.observe(({ byMs }) => count.inc({ direction: byMs > 0 ? 'ahead' : 'back' }));
  const ahead: Gauge = new Gauge({
    name: 'orderchart_clock_ahead_seconds',
    help: "How far the service counts ahead of the machine's clock, because that was set back",
    registers,
    collect: () => ahead.set(jumps.aheadMs() / 1000),
  });
};

/** Figures that are read from the store, once for each scrape. */
export const addStoreMetrics = (registry: Registry, readFigures: () => Promise<StoreFigures>): void => {
  let reading: Promise<StoreFigures> | undefined;
  // The gauges of one scrape are collected at the same time, and none waits for another.
  const readOnce = (): Promise<StoreFigures> => {
    reading ??= readFigures().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  /** A gauge by one label; values that are gone must not stay on the page. */
  const addGauge = (
    name: string,
    help: string,
    label: string,
    toCounts: (figures: StoreFigures) => Readonly<Record<string, number>>,
  ): void => {
    const gauge: Gauge = new Gauge({
      ...{ name, help, labelNames: [label], registers: [registry] },
      collect: async () => {
        const counts = toCounts(await readOnce());
        gauge.reset();
        for (const [value, count] of Object.entries(counts)) gauge.set({ [label]: value }, count);
      },
    });
  };
  addGauge(
    'orderchart_orders',
    'Orders by the state of their order chart',
    'state',
    ({ ordersByState }) => ordersByState,
  );
  addGauge(
    'orderchart_orders_by_chart_version',
    'Orders by chart version',
    'chart_version',
    ({ ordersByVersion }) => ordersByVersion,
  );
  addGauge(
    'orderchart_orders_unreadable',
    'Orders that cannot be read and are left alone, by chart version',
    'chart_version',
    ({ unreadable }) => unreadable,
  );
  addGauge(
    'orderchart_orders_parked',
    'Orders with an open incident, or unreadable',
    'why',
    ({ incidents, unreadable }) => ({ incident: incidents, unreadable: sumOrders(unreadable) }),
  );
  const calls: Gauge = new Gauge({
    name: 'orderchart_calls_pending',
    help: 'Calls to outside services that were decided and have no answer yet',
    registers: [registry],
    collect: async () => calls.set((await readOnce()).pendingCalls),
  });
};
