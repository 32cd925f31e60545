// One simulation, from its seed to its report: puts the people, the processes, the store and the world together,
// lets time pass until the trouble is over and everything has come to rest, and has everything examined. All of
// Orderchart in it is the production code; only time, chance and the outside are made up.
import { type Clock, createIds, type Ids } from '../clock.ts';
import type { Settings } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Evidence, Examine } from '../evidence.ts';
import type { Faults } from '../faults.ts';
import type { Host } from '../host.ts';
import type { InsideService, Services } from '../service.ts';
import type { Simulate, SimulationOrder, SimulationReport } from '../simulation.ts';
import type { ChartSystem } from '../step/register.ts';
import type { Store } from '../store.ts';
import { connect } from './connection.ts';
import { chanceCrashes, planCrashes } from './crashes.ts';
import { catalogue, createCustomers } from './customers.ts';
import { createFacts, type Facts } from './facts.ts';
import { createLife, type Life } from './life.ts';
import { createNode, type Node } from './node.ts';
import { startOperator } from './operator.ts';
import { flawedSystem } from './poison.ts';
import { createRandom, type SeededRandom } from './random.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { startTroubles } from './troubles.ts';
import { createWatch, type Followed, type Watch } from './watch.ts';
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
const examinedStarts = 0.03;

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
  const chance = (name: string) => createRandom(order.seed, name);
  const timeline = createTimeline(start, chance('timeline'), laboratory.clock.soon);
  const watch = createWatch(timeline.now, store, order.onTrace);
  const nodes: Node[] = [];
  const facts = createFacts(timeline, chance('facts'), watch, () => nodes);
  const world = createWorld({ timeline, scenario, watch, chance, onFact: facts.tell });
  await store.seedProducts(
    catalogue.map((product) => ({ ...product, onHand: scenario.stock })),
    start,
  );

  const outside = { timeline, world, facts, watch, skewMs: scenario.skewMs };
  const examineAll = createExamination(laboratory.examine, evidence, outside);
  const closedUntil = () => troubles.closedUntil;
  raiseNodes(nodes, {
    laboratory,
    store,
    order,
    scenario,
    timeline,
    watch,
    world,
    chance,
    examineAll,
    closedUntil,
  });
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
    [...watch.orders()].every(([, order]) => isAtRest(order));
  await timeline.run(() => troubles.isOver, Number.POSITIVE_INFINITY);
  await timeline.run(isQuiet, healedAt + restWithinMs);
  if (!isQuiet()) await reportStuck(watch, store, `${customers.busy} customers, ${facts.pending} facts wait`);
  await checkAccepted(watch, store, customers.accepted);
  checkNotices(watch, world);
  await examineAll(isQuiet());
  return toReport(order, watch, timeline.now() - start);
};

/** Has the doctor look at everything; what it finds is a violation. */
const createExamination =
  (
    examine: Examine,
    evidence: Storage['evidence'],
    {
      timeline,
      world: { bank },
      facts,
      watch,
      skewMs,
    }: { timeline: Timeline; world: World; facts: Facts; watch: Watch; skewMs: number },
  ) =>
  async (atRest: boolean): Promise<void> => {
    const picture = evidence(timeline.now());
    const given = { ledger: bank.ledger, charts: flawedSystem, clockToleranceMs: 2 * skewMs + 1000, atRest };
    const { checks } = await examine(picture, given);
    await picture.close();
    for (const { invariant, findings } of checks) {
      for (const { about, problem } of findings) {
        // The bank has charged late, and its word is on the way.
        if (invariant === 'I20' && facts.isPending(about)) continue;
        // Its chart throws: it stays where it is, also while a person tries it once more.
        if (invariant === 'I29' && watch.order(about)?.isPoisoned) continue;
        watch.violate(`${invariant} ${about} ${problem}`);
      }
    }
  };

interface NodesParts {
  readonly laboratory: Laboratory;
  readonly store: Store;
  readonly order: SimulationOrder;
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly watch: Watch;
  readonly world: World;
  readonly chance: (name: string) => SeededRandom;
  readonly examineAll: (atRest: boolean) => Promise<void>;
  /** Nothing starts before this time (ms since 1970). */
  readonly closedUntil: () => number;
}

/** Adds the nodes to `nodes`; none is started. */
const raiseNodes = (nodes: Node[], parts: NodesParts): void => {
  const { laboratory, store, order, scenario, timeline, watch, world, chance } = parts;
  const { weather, settings, skewMs: mostSkewMs } = scenario;
  const plan = order.crashAt ? planCrashes(order.crashAt) : chanceCrashes(chance('crashes'), weather);
  const draws = chance('nodes');
  let lives = 0;
  const startHost = async (life: Life): Promise<Host> => {
    if (draws.happens(examinedStarts)) await parts.examineAll(false);
    return laboratory.startHost({
      store: connect(store, life, { timeline, chance: draws, weather, watch }),
      services: {
        warehouse: laboratory.createWarehouse(),
        gateway: world.gatewayFor(life),
        mailer: world.mailerFor(life),
      },
      clock: life.clock,
      ids: createIds(life.clock, draws.bytes),
      settings,
      charts: flawedSystem,
      faults: life,
      shared: order.nodes > 1,
    });
  };
  for (let number = 1; number <= order.nodes; number += 1) {
    const skewMs = draws.between(-mostSkewMs, mostSkewMs);
    const name = `node-${number}`;
    const bear = (onDeath: (life: Life, site: string) => void) => {
      lives += 1;
      return createLife({ node: name, number: lives, skewMs }, timeline, plan, onDeath);
    };
    const restartMs = () => Math.max(draws.between(10, 4000), parts.closedUntil() - timeline.now());
    nodes.push(createNode({ name, timeline, network: world.network, watch, bear, startHost, restartMs }));
  }
};

/** Nothing of it moves by itself, and nobody is still to be called for it. */
const isAtRest = ({ isSettled, isPoisoned, calls }: Readonly<Followed>): boolean =>
  (isSettled || isPoisoned) && calls.size === 0;

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
  for (const [orderId, order] of watch.orders()) {
    if (isAtRest(order)) continue;
    const { state, calls } = order;
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
