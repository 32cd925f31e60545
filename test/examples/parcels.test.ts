// Any application runs on the engine: parcels, over memory on a virtual clock with crashes, and over SQLite in processes
// that are killed. Every accepted parcel is collected under one key and announced once.
import pino from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it, test } from 'vitest';
import { type Courier, parcels } from '../../examples/parcels/parcels.ts';
import { systemClock } from '../../src/clock.ts';
import { readSettings } from '../../src/config.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import type { Host, SystemView } from '../../src/host.ts';
import { createRunner } from '../../src/hosts/runner.ts';
import { createHost, createMemoryStore, openSqliteStore } from '../../src/main.ts';
import { createMetrics } from '../../src/metrics.ts';
import { randomCrashes } from '../../src/simulator/crashes.ts';
import { createDisk, type Disk } from '../../src/simulator/disk.ts';
import type { FaultRates } from '../../src/simulator/fault-rates.ts';
import { stopFaults } from '../../src/simulator/fault-rates.ts';
import { createMonitor } from '../../src/simulator/monitor.ts';
import { createNetwork } from '../../src/simulator/network.ts';
import { createNodes, type StartHost } from '../../src/simulator/nodes.ts';
import { isAtRest } from '../../src/simulator/outcome.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { createTimeline } from '../../src/simulator/timeline.ts';
import type { Store } from '../../src/store.ts';
import { openScratchStore } from '../../src/stores/sqlite-scratch.ts';
import { openProcesses } from './killed-processes.ts';

const start = Date.UTC(2026, 0, 1);
const ids = Array.from({ length: 30 }, (_, index) => `parcel-${index + 1}`);
const toPlacement = (parcelId: string) => ({
  orderId: parcelId,
  message: { type: 'parcel.send', parcelId, sender: 'ada', city: 'Oslo' },
});
const expectedEvents = ['parcel.sent', 'tally.counted'];

/** Each parcel is settled, and its events are those of one collection. */
const expectAllSent = async (store: Store): Promise<void> => {
  for (const orderId of ids) {
    const events = await store.events({ orderId, after: 0, limit: 100 });
    const sent = events.filter(({ type }) => type === 'parcel.sent');
    expect(sent, orderId).toHaveLength(1);
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(expectedEvents);
    const counted = events.flatMap(({ type, data }) => (type === 'tally.counted' ? [data['count']] : []));
    expect(counted).toEqual(counted.map((_, index) => index + 1));
    expect(sent[0]?.data).toEqual({ attempts: counted.length });
  }
};

const startHost: StartHost = async (parts) => {
  const metrics = createMetrics(new Registry());
  return (await createRunner({ ...parts, metrics, logger: pino({ level: 'silent' }) })).host;
};

/** Two nodes over `store` that crash at any commit point while the parcels are sent. Returns what was seen. */
const simulate = async (store: Store, seed: number, attachDisk?: (disk: Disk) => void) => {
  const random = (name: string) => createRandom(seed, name);
  const timeline = createTimeline(start, random('timeline'), systemClock.soon);
  const monitor = createMonitor(
    timeline.now,
    {
      noteOrder: () => {},
      noteBatch: async () => {},
      noteCrash: () => {},
    },
    undefined,
  );
  const rates: FaultRates = {
    ...{ requestLost: 0.05, answerLost: 0.05, requestRepeated: 0.05, connectionBroken: 0.02 },
    ...{ answerMalformed: 0, serviceFailed: 0, storeAway: 0.01, storeFull: 0.01 },
    ...{ writeUnanswered: 0.01, batchLate: 0, crash: 0.01 },
  };
  const disk = createDisk(timeline, random('disk'), rates);
  attachDisk?.(disk);
  const network = createNetwork(timeline, random('network'), rates, 20);
  const keys = new Map<string, Set<string>>();
  const nodes = createNodes<SystemView, Host>({
    ...{ applicationFor: () => parcels, store, startHost, rates, timeline, network, monitor },
    settings: readSettings({ LOG_LEVEL: 'silent', CALL_TIMEOUT_MS: 2000 }),
    count: 2,
    mostSkewMs: 100,
    random: random('nodes'),
    plan: randomCrashes(random('crashes'), rates),
    servicesFor: (process) => ({
      courier: {
        name: 'courier',
        place: 'outside',
        answer: ({ orderId, command }) =>
          process.receive(() =>
            network.ask(
              () => {
                if (!monitor.hasDecided(command.key)) monitor.violate(`${command.key} before its commit`);
                keys.set(orderId, (keys.get(orderId) ?? new Set()).add(command.key));
                return { type: 'courier.collected' };
              },
              () => {},
            ),
          ),
      },
    }),
    toHost: (host) => host,
    onStart: async () => {},
    outageUntil: () => 0,
  });
  for (const node of nodes) node.start();
  /** As a client does that asks again until it has an answer. */
  const place = async (parcelId: string, number: number): Promise<void> => {
    await timeline.wait(number * 100);
    while (monitor.order(parcelId) === undefined) {
      const node = nodes.find(({ isUp }) => isUp);
      void node?.ask((host) => host.place(toPlacement(parcelId))).catch(() => {});
      await timeline.wait(2000);
    }
  };
  ids.forEach((parcelId, number) => void place(parcelId, number));
  await timeline.run(() => false, start + 60_000);
  stopFaults(rates);
  const isQuiet = () => {
    const orders = [...monitor.orders()];
    return orders.length === ids.length && orders.every(([, each]) => isAtRest(each));
  };
  const retrying = async (): Promise<void> => {
    for (;;) {
      await timeline.wait(5000);
      for (const { id } of (await nodes
        .find(({ isUp }) => isUp)
        ?.ask((host) => host.list({ incident: true, limit: 100 }))) ?? []) {
        const message = { type: 'incident.retry' };
        await nodes[0]?.ask((host) => host.send({ orderId: id, to: 'parcel', message, otherwise: 'record' }));
      }
    }
  };
  void retrying().catch((error: unknown) => monitor.violate(String(error)));
  await timeline.run(isQuiet, start + 1_200_000);
  for (const node of nodes) node.end();
  disk.end();
  return { monitor, keys, now: timeline.now() };
};

describe.each([1, 2, 3])('with crashes at any commit point, seed %i', (seed) => {
  it('over memory, every parcel is collected under one key and announced once', async () => {
    const store = createMemoryStore();
    const { monitor, keys } = await simulate(store, seed);
    expect(monitor.violations).toEqual([]);
    expect(Object.keys(monitor.crashes).length).toBeGreaterThan(1);
    expect([...keys.values()].every(({ size }) => size === 1)).toBe(true);
    await expectAllSent(store);
  });

  it('over SQLite too, and the doctor finds nothing', async () => {
    const { store, attachDisk, openAudit, remove } = openScratchStore(parcels);
    const { monitor, now } = await simulate(store, seed, attachDisk);
    expect(monitor.violations).toEqual([]);
    await expectAllSent(store);
    const source = openAudit(now);
    const { checks, orders } = await createExamine(parcels)(source, { atRest: true });
    await source.close();
    expect(orders).toBe(ids.length);
    expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
    await remove();
  });
});

test('processes that are killed over one SQLite file lose nothing that was accepted', async () => {
  const { file, accepted, run, readLog, examine, remove } = await openProcesses('parcels');
  const count = String(ids.length);
  for (const point of [
    'accept.after-commit',
    'claim.after',
    'call.after-reply',
    'reply.before-commit',
    'deadline.after-commit',
  ]) {
    expect(await run(count, point)).toMatchObject({
      signal: 'SIGKILL',
      output: expect.stringContaining(`Dies at ${point}`),
    });
  }
  expect(await run(count)).toMatchObject({ code: 0, output: expect.stringContaining('All settled') });

  const store = openSqliteStore(file, parcels);
  expect((await store.load([...accepted])).size).toBe(accepted.size);
  await expectAllSent(store);
  await store.close();
  expect([...new Set(readLog())].sort()).toEqual(ids.map((id) => `${id}/collect/1`).sort());
  expect(await examine(parcels, Date.now())).toEqual({ orders: ids.length, findings: [] });
  await remove();
});

test('an application with a service that has no adapter is refused by name', async () => {
  const host = createHost({ application: parcels, store: createMemoryStore(), services: {} });
  await expect(host).rejects.toMatchObject({
    code: 'invalid-setting',
    message: expect.stringContaining('courier'),
  });
});

test('its adapters are typed by its messages', async () => {
  const courier: Courier = {
    name: 'courier',
    place: 'outside',
    // @ts-expect-error a reply that the application does not declare
    answer: async () => ({ type: 'courier.lost' }),
  };
  expect(courier.name).toBe('courier');
});
