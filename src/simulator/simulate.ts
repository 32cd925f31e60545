// One simulation, from its seed to its report: puts the people, the processes, the store and the world together,
// lets time pass until the trouble is over and everything has come to rest, and has everything examined. All of
// Orderchart in it is the production code; only time, chance and the outside are made up.
import type { Clock, Ids } from '../clock.ts';
import { createIds } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Evidence, Examine } from '../evidence.ts';
import type { Faults } from '../faults.ts';
import type { Host } from '../host.ts';
import type { InsideService, Services } from '../service.ts';
import type { Simulate, SimulationOrder, SimulationReport } from '../simulation.ts';
import type { ChartSystem } from '../step/register.ts';
import type { Store } from '../store.ts';
import { createChance } from './chance.ts';
import { connect } from './connection.ts';
import { chanceCrashes, planCrashes } from './crashes.ts';
import { catalogue, createCustomers } from './customers.ts';
import { createFacts } from './facts.ts';
import { createLife, type Life } from './life.ts';
import { createNode, type Node } from './node.ts';
import { startOperator } from './operator.ts';
import { flawedSystem } from './poison.ts';
import { drawScenario } from './scenario.ts';
import { createTimeline } from './timeline.ts';
import { startTroubles } from './troubles.ts';
import { createWatch, type Watch } from './watch.ts';
import { createWorld, type World } from './world.ts';

/** A store that a simulation may use up. */
interface Storage {
  readonly store: Store;
  /** `now`: ms since 1970. */
  evidence(now: number): Evidence;
  remove(): Promise<void>;
}

/** The production parts, and the machine's own event loop. */
interface Laboratory {
  openStorage(): Promise<Storage>;
  startHost(parts: {
    readonly store: Store;
    readonly services: Services;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly settings: Settings;
    readonly charts: ChartSystem;
    readonly faults: Faults;
    readonly shared: boolean;
  }): Promise<Host>;
  createWarehouse(): InsideService<'warehouse'>;
  readonly examine: Examine;
  readonly clock: Clock;
}

const start = Date.UTC(2026, 0, 1);
/** What has not come to rest so long after the world healed is stuck. */
const restWithinMs = 600_000;
/** Share of the starts at which everything is examined; it takes longer than the start itself. */
const examinedStarts = 0.15;

/** Runs simulations with these parts. */
export const createSimulate =
  (laboratory: Laboratory): Simulate =>
  async (order) => {
    const storage = await laboratory.openStorage();
    try {
      return await run(laboratory, storage, order);
    } finally {
      await storage.remove();
    }
  };

const run = async (
  laboratory: Laboratory,
  { store, evidence }: Storage,
  order: SimulationOrder,
): Promise<SimulationReport> => {
  const scenario = drawScenario(order);
  const chance = (name: string) => createChance(order.seed, name);
  const timeline = createTimeline(start, chance('timeline'), laboratory.clock.soon);
  const watch = createWatch(timeline.now, store, order.onTrace);
  const nodes: Node[] = [];
  const facts = createFacts(timeline, chance('facts'), watch, () => nodes);
  const world = createWorld({ timeline, scenario, watch, chance, onFact: facts.tell });
  await store.seedProducts(
    catalogue.map((product) => ({ ...product, onHand: scenario.stock })),
    start,
  );

  const planned = order.crashAt && planCrashes(order.crashAt);
  const plan = planned ?? chanceCrashes(chance('crashes'), scenario.weather);
  const examineAll = async (atRest: boolean): Promise<void> => {
    const picture = evidence(timeline.now());
    const { ledger } = world.bank;
    const given = { ledger, charts: flawedSystem, clockToleranceMs: 2 * scenario.skewMs + 1000, atRest };
    const { checks } = await laboratory.examine(picture, given);
    await picture.close();
    for (const { invariant, findings } of checks)
      for (const { about, problem } of findings) watch.violate(`${invariant} ${about} ${problem}`);
  };

  const draws = chance('nodes');
  let lives = 0;
  const startHost = async (life: Life): Promise<Host> => {
    if (draws.happens(examinedStarts)) await examineAll(false);
    return laboratory.startHost({
      store: connect(store, life, { timeline, chance: draws, weather: scenario.weather, watch }),
      services: {
        warehouse: laboratory.createWarehouse(),
        gateway: world.gatewayFor(life),
        mailer: world.mailerFor(life),
      },
      clock: life.clock,
      ids: createIds(life.clock, draws.bytes),
      settings: scenario.settings,
      charts: flawedSystem,
      faults: life,
      shared: order.nodes > 1,
    });
  };
  for (let number = 1; number <= order.nodes; number += 1) {
    const skewMs = draws.between(-scenario.skewMs, scenario.skewMs);
    const name = `node-${number}`;
    const bear = (onDeath: (life: Life, site: string) => void) => {
      lives += 1;
      return createLife({ node: name, number: lives, skewMs }, timeline, () => plan, onDeath);
    };
    const restartMs = () => Math.max(draws.between(10, 4000), troubles.closedUntil - timeline.now());
    nodes.push(createNode({ name, timeline, network: world.network, watch, bear, startHost, restartMs }));
  }
  let healedAt = Number.POSITIVE_INFINITY;
  const troubles = startTroubles(timeline, chance('troubles'), scenario, nodes, () => {
    healedAt = timeline.now();
    watch.trace('the world heals');
  });
  const customers = createCustomers({
    timeline,
    chance: chance('customers'),
    scenario,
    watch,
    nodes,
    orders: order.orders,
  });
  const people = chance('operator');
  startOperator({
    timeline,
    chance: people,
    nodes,
    world,
    isFinal: () => troubles.isOver && world.network.inTransit === 0,
    restMs: () => (troubles.isOver ? 3000 : people.between(10_000, 60_000)),
    onTrouble: (error) => {
      if (!(error instanceof AppError)) watch.violate(`the operator was told ${String(error)}`);
    },
  });
  for (const node of nodes) node.start();

  const isQuiet = () =>
    troubles.isOver &&
    customers.busy === 0 &&
    facts.pending === 0 &&
    world.network.inTransit === 0 &&
    [...watch.orders()].every(([, { isSettled, isPoisoned }]) => isSettled || isPoisoned);
  await timeline.run(() => troubles.isOver, Number.POSITIVE_INFINITY);
  await timeline.run(isQuiet, healedAt + restWithinMs);
  if (!isQuiet()) await reportStuck(watch, store, `${customers.busy} customers, ${facts.pending} facts wait`);
  await checkAccepted(watch, store, customers.accepted.keys());
  checkNotices(watch, world);
  await examineAll(isQuiet());
  return toReport(order, watch, timeline.now() - start);
};

/** Whatever a customer was told is there. */
const checkAccepted = async (watch: Watch, store: Store, orderIds: Iterable<string>): Promise<void> => {
  const ids = [...orderIds];
  const stored = await store.load(ids);
  for (const id of ids) if (!stored.has(id)) watch.violate(`${id} was accepted, and is not stored`);
};

const checkNotices = (watch: Watch, { notices }: World): void => {
  for (const [orderId, { state, isSettled, isPoisoned }] of watch.orders()) {
    if (!isSettled || isPoisoned) continue;
    const told = notices(orderId);
    const expected = state === 'completed' ? 'confirmation' : 'failure';
    if (told.size !== 1 || !told.has(expected)) {
      watch.violate(`${orderId} is ${state}; its customer was told ${[...told].join(', ') || 'nothing'}`);
    }
  }
};

const reportStuck = async (watch: Watch, store: Store, others: string): Promise<void> => {
  watch.violate(`not at rest ten minutes after the world healed: ${others}`);
  for (const [orderId, { state, isSettled, isPoisoned, calls }] of watch.orders()) {
    if (isSettled || isPoisoned) continue;
    const events = await store.events({ orderId, after: 0, limit: 1000 });
    const last = events.slice(-5).map(({ type }) => type);
    const pending = [...calls.values()].join(', ') || 'no calls';
    watch.violate(`${orderId} is ${state} with ${pending}; its last events: ${last.join(', ')}`);
  }
};

const toReport = (order: SimulationOrder, watch: Watch, virtualMs: number): SimulationReport => {
  const states: Record<string, number> = {};
  for (const [, { state }] of watch.orders()) states[state] = (states[state] ?? 0) + 1;
  const { seed, orders, nodes } = order;
  const { commits, crashes, sightings, violations } = watch;
  return {
    seed,
    orders,
    nodes,
    hash: watch.hash(),
    virtualMs,
    commits,
    crashes,
    sightings,
    states,
    violations,
  };
};
