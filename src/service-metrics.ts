// The figures of a whole service, read when they are scraped: what waits in its store, whether it is ready, the room on its
// disk, and how its providers answer. Between two scrapes they cost nothing.
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Counter, Gauge, type Registry } from 'prom-client';
import { type Application, versionsOf } from './application.ts';
import { chartVersionsOf } from './chart-versions.ts';
import type { Clock } from './clock.ts';
import type { Host, HostHealth } from './host.ts';
import type { Metrics } from './metrics.ts';
import { findFailureReplies } from './service.ts';
import { type ServiceControl, serviceStates, toServiceState } from './service-holds.ts';
import { within } from './slo.ts';
import type { Store } from './store.ts';

interface ServiceMetricsParts {
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly application: Application;
  readonly store: Pick<Store, 'backlog'>;
  readonly clock: Clock;
  /** Of the SQLite file; left out for a store without one. */
  readonly databasePath?: string | undefined;
}

export const addServiceMetrics = (parts: ServiceMetricsParts): void => {
  addBacklog(parts);
  addCallOutcomes(parts);
  addZeros(parts);
  if (parts.databasePath !== undefined) addDisk(parts.registry, parts.databasePath);
};

/** `check` is asked once for each scrape. */
export const addReadiness = (registry: Registry, check: () => Promise<HostHealth>): void =>
  addGauge(registry, 'orderchart_ready', 'Whether orders can be taken, as /readyz says: 1 or 0', async () => {
    const { ready } = await check().catch(() => ({ ready: false }));
    return ready ? 1 : 0;
  });

/** Whether each service is called now, and what waits for it. */
export const addServiceStates = (
  registry: Registry,
  { services }: Pick<ServiceControl, 'services'>,
): void => {
  const read = readOnce(services);
  const state: Gauge = new Gauge({
    name: 'orderchart_service_state',
    help: 'Whether a service is in a state: running, paused, open (its circuit) or resuming (a few calls at a time): 1 or 0',
    labelNames: ['service', 'state'],
    registers: [registry],
    collect: async () => {
      for (const status of await read()) {
        const { service } = status;
        for (const each of serviceStates) {
          state.set({ service, state: each }, each === toServiceState(status) ? 1 : 0);
        }
      }
    },
  });
  const waiting: Gauge = new Gauge({
    name: 'orderchart_service_waiting_calls',
    help: 'Calls to a service that are decided and not under way',
    labelNames: ['service'],
    registers: [registry],
    collect: async () => {
      for (const each of await read()) waiting.set({ service: each.service }, each.waiting);
    },
  });
};

/** How many nodes run over the store, this one among them. */
export const addNodeMetrics = (registry: Registry, { nodes }: Pick<Host, 'nodes'>): void => {
  const gauge: Gauge = new Gauge({
    name: 'orderchart_nodes',
    help: 'Nodes over this store: alive, or lost (nothing was heard of them for a while)',
    labelNames: ['state'],
    registers: [registry],
    collect: async () => {
      const found = await nodes();
      for (const state of ['alive', 'lost']) {
        gauge.set({ state }, found.filter((node) => node.state === state).length);
      }
    },
  });
};

const addGauge = (registry: Registry, name: string, help: string, read: () => Promise<number>): void => {
  const gauge: Gauge = new Gauge({
    ...{ name, help, registers: [registry] },
    collect: async () => gauge.set(await read()),
  });
};

/** The gauges of one scrape are collected at the same time: they share what is read for them. */
const readOnce = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
};

const addBacklog = ({ registry, application, store, clock }: ServiceMetricsParts): void => {
  const versions = chartVersionsOf(application);
  const read = readOnce(async () => {
    const now = clock.now();
    const toSeconds = (since: number | null): number =>
      since === null ? 0 : Math.max(0, now - since) / 1000;
    const { overdue, dueSince, unsettledSince } = await store.backlog(now, versions);
    return { overdue, dueSeconds: toSeconds(dueSince), oldestSeconds: toSeconds(unsettledSince) };
  });
  addGauge(
    registry,
    'orderchart_deadlines_overdue',
    'Orders with a deadline that is due and has not fired yet',
    async () => (await read()).overdue,
  );
  addGauge(
    registry,
    'orderchart_deadline_overdue_seconds',
    'How long the longest overdue deadline has been due; 0 if none is',
    async () => (await read()).dueSeconds,
  );
  addGauge(
    registry,
    'orderchart_unsettled_oldest_seconds',
    'Age of the oldest order that is neither settled nor has an incident; 0 if there is none',
    async () => (await read()).oldestSeconds,
  );
};

/** Read off the calls by command and reply, which are counted anyway. */
const addCallOutcomes = ({ registry, metrics, application }: ServiceMetricsParts): void => {
  const { services, messages } = application;
  const failures = findFailureReplies(services);
  const outcomes: Counter = new Counter({
    name: 'orderchart_service_calls_total',
    help: 'Calls to services, by outcome: answered, or failed (no answer, an error, or an answer that is none)',
    labelNames: ['service', 'outcome'],
    registers: [registry],
    collect: async () => {
      outcomes.reset();
      for (const service of Object.keys(services)) {
        for (const outcome of ['answered', 'failed']) outcomes.inc({ service, outcome }, 0);
      }
      for (const { labels, value } of (await metrics.calls.get()).values) {
        const outcome = failures.has(String(labels['reply'])) ? 'failed' : 'answered';
        for (const service of messages[String(labels['command'])]?.to ?? []) {
          outcomes.inc({ service, outcome }, value);
        }
      }
    },
  });
};

/** A counter that begins with its first event hides that one from `increase()`. */
const addZeros = ({ metrics, application }: ServiceMetricsParts): void => {
  for (const disposition of ['applied', 'ignored', 'dead']) metrics.messages.inc({ disposition }, 0);
  for (const { charts } of versionsOf(application).values()) {
    for (const [actor, machine] of Object.entries(charts)) {
      for (const { meta } of within(machine.root)) {
        if (meta?.incident) metrics.incidents.inc({ actor, reason: meta.incident.reason }, 0);
      }
    }
  }
};

const addDisk = (registry: Registry, path: string): void => {
  // A disk that is gone must not take the other figures with it.
  const read = readOnce(() => statfs(dirname(path)).catch(() => ({ bavail: 0, blocks: 0, bsize: 0 })));
  addGauge(registry, 'orderchart_disk_size_bytes', "Size of the database's disk", async () => {
    const { blocks, bsize } = await read();
    return blocks * bsize;
  });
  addGauge(
    registry,
    'orderchart_disk_free_bytes',
    "Room on the database's disk for a user without privileges",
    async () => {
      const { bavail, bsize } = await read();
      return bavail * bsize;
    },
  );
  addGauge(registry, 'orderchart_database_bytes', 'Size of the database with its log', async () => {
    const files = await Promise.allSettled([path, `${path}-wal`].map((name) => stat(name)));
    return files.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value.size : 0), 0);
  });
};
