// One simulation of the shop, from its seed to its report: puts people, processes, store and world together, lets time
// pass until the faults are over and everything is at rest, and has everything examined. All of Orderchart in it is the
// production code; only time, randomness and the world outside are simulated.
import type { Application } from '../../application.ts';
import type { Examine } from '../../audit.ts';
import type { AuditSource } from '../../audit-source.ts';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { ChangeRow, NodeLink } from '../../node-link.ts';
import { outsideNames } from '../../shop/audit/checks.ts';
import { createCatalogue } from '../../shop/catalogue.ts';
import { createShopHost } from '../../shop/placement.ts';
import { createWarehouse } from '../../shop/warehouse.ts';
import type { Simulate, SimulationOrder, SimulationReport } from '../../simulation.ts';
import type { Store } from '../../store.ts';
import { planCrashes, randomCrashes } from '../crashes.ts';
import { createDisk, type Disk } from '../disk.ts';
import { startFaults } from '../fault-injector.ts';
import { createNodes, type StartHost } from '../nodes.ts';
import { checkAccepted, isAtRest, reportStuck, toReport } from '../outcome.ts';
import { createRandom, type SeededRandom } from '../random.ts';
import { createTimeline, type Timeline } from '../timeline.ts';
import { createCustomers, products, type ShopNode } from './customers.ts';
import { flawedShop } from './flawed-shop.ts';
import { startOperator } from './operator.ts';
import { createOrderMonitor, type OrderMonitor } from './order-monitor.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { changeSharedRow } from './shared-rows.ts';
import { startUpgrade, type Upgrade } from './upgrade.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';
import { createWorld, type World } from './world.ts';

/** A store that a simulation may use up. */
interface Storage {
  readonly store: Store;
  attachDisk(disk: Disk): void;
  /** The store of one node of several. */
  openNode(name: string, link: NodeLink, changeRow: ChangeRow): Store;
  /** A picture of the store; `now` is ms since 1970. */
  openAudit(now: number): AuditSource;
  remove(): Promise<void>;
}

/** The production parts, and the machine's own event loop. */
interface Laboratory {
  openStorage(application: Application): Storage;
  readonly startHost: StartHost;
  createExamine(application: Application): Examine;
  readonly clock: Clock;
}

const start = Date.UTC(2026, 0, 1);
/** What is not at rest so long after the faults stopped is stuck. */
const restWithinMs = 600_000;
/** Share of the starts at which everything is examined; that takes longer than the start itself. */
const examinedStarts = 0.03;

/** Runs simulations of the shop with these parts. */
export const createSimulate = (laboratory: Laboratory): Simulate => {
  const examine = laboratory.createExamine(flawedShop);
  return async (order) => {
    const storage = laboratory.openStorage(flawedShop);
    const simulation = prepare(laboratory, storage, examine, order);
    try {
      return await run(simulation);
    } finally {
      // The store cannot be closed before their batches are released.
      for (const node of simulation.nodes) node.end();
      simulation.disk.end();
      await storage.remove();
    }
  };
};

/** One simulation: its order, its parts, and what they are drawn from. */
interface Simulation extends Storage, Pick<Laboratory, 'startHost'> {
  readonly examine: Examine;
  readonly order: SimulationOrder;
  readonly scenario: Scenario;
  readonly random: (name: string) => SeededRandom;
  readonly timeline: Timeline;
  readonly monitor: OrderMonitor;
  readonly webhooks: Webhooks;
  readonly disk: Disk;
  readonly world: World;
  readonly upgrade: Upgrade;
  /** Their processes still run at the end. */
  readonly nodes: ShopNode[];
}

/** Puts everything together but the nodes. */
const prepare = (
  { startHost, clock }: Laboratory,
  storage: Storage,
  examine: Examine,
  order: SimulationOrder,
): Simulation => {
  const scenario = drawScenario(order);
  const random = (name: string) => createRandom(order.seed, name);
  const timeline = createTimeline(start, random('timeline'), clock.soon);
  const monitor = createOrderMonitor(
    timeline.now,
    createCatalogue(storage.store),
    scenario.stock,
    order.onTrace,
    (...write) => upgrade.noteWrite(...write),
  );
  const nodes: ShopNode[] = [];
  const upgrade = startUpgrade({
    ...{ order, timeline, monitor, nodes, random: random('upgrade') },
    upgradeAfterMs: Math.floor(scenario.arrivalsMs / 2),
    isMigrating: () => timeline.now() - start < scenario.faultsMs,
  });
  const webhooks = createWebhooks(timeline, random('webhooks'), monitor, nodes);
  const disk = createDisk(timeline, random('disk'), scenario.rates);
  const world = createWorld({ timeline, scenario, monitor, random, onWebhook: webhooks.send });
  return {
    ...{ ...storage, startHost, examine, order, scenario, random },
    ...{ timeline, monitor, webhooks, world, nodes, upgrade, disk },
  };
};

const run = async (simulation: Simulation): Promise<SimulationReport> => {
  const { store, order, scenario, random, timeline, monitor, webhooks, world, nodes } = simulation;
  const stocked = products.map((product) => ({ ...product, onHand: scenario.stock }));
  await createCatalogue(store).seedProducts(stocked, start);
  simulation.attachDisk(simulation.disk);
  nodes.push(...createShopNodes(simulation, () => faults.outageUntil));
  let stoppedAt = Number.POSITIVE_INFINITY;
  const faults = startFaults(timeline, random('faults'), scenario, nodes, () => {
    stoppedAt = timeline.now();
    monitor.trace('the faults stop');
  });
  const people = { timeline, nodes, monitor, scenario, orders: order.orders };
  const customers = createCustomers({ ...people, random: random('customers') });
  const rounds = random('operator');
  startOperator({
    ...{ timeline, nodes, world, random: rounds },
    isFinal: () => faults.isStopped && world.network.inTransit === 0,
    pauseMs: () => (faults.isStopped ? 3000 : rounds.between(10_000, 60_000)),
    onError: (error) => {
      if (!(error instanceof AppError)) monitor.violate(`the operator got ${String(error)}`);
    },
  });
  for (const node of nodes) node.start();

  const isQuiet = () =>
    faults.isStopped &&
    customers.busy === 0 &&
    webhooks.pending === 0 &&
    world.network.inTransit === 0 &&
    [...monitor.orders()].every(([, each]) => isAtRest(each));
  await timeline.run(() => faults.isStopped, Number.POSITIVE_INFINITY);
  await timeline.run(isQuiet, stoppedAt + restWithinMs);
  if (!isQuiet()) {
    const others = `${customers.busy} customers are busy, ${webhooks.pending} webhooks are pending`;
    await reportStuck(monitor, store, others);
  }
  await checkAccepted(monitor, store, customers.accepted);
  checkNotices(monitor, world);
  await examineAll(simulation, isQuiet());
  return toReport(order, monitor, timeline.now() - start);
};

const createShopNodes = (simulation: Simulation, outageUntil: () => number): readonly ShopNode[] => {
  const { store, startHost, order, scenario, random, timeline, monitor, world, upgrade } = simulation;
  const { rates, settings, mostSkewMs } = scenario;
  const examined = random('examined');
  const warehouse = createWarehouse();
  return createNodes({
    ...{ store, startHost, settings, rates, mostSkewMs, timeline, monitor },
    openNode: (name, link) => simulation.openNode(name, link, changeSharedRow),
    count: order.nodes,
    network: world.network,
    random: random('nodes'),
    plan: order.crashAt ? planCrashes(order.crashAt) : randomCrashes(random('crashes'), rates),
    applicationFor: upgrade.applicationFor,
    servicesFor: (process) => ({
      warehouse,
      gateway: world.gatewayFor(process),
      mailer: world.mailerFor(process),
    }),
    toHost: (host, ids) => createShopHost(host, settings, ids),
    onStart: async () => {
      if (examined.happens(examinedStarts)) await examineAll(simulation, false);
    },
    outageUntil,
  });
};

/** Has the doctor examine everything; each of its findings is a violation. */
const examineAll = async (simulation: Simulation, atRest: boolean): Promise<void> => {
  const { examine, openAudit, scenario, timeline, world, webhooks, monitor } = simulation;
  const source = openAudit(timeline.now());
  const outside = { [outsideNames.ledger]: world.bank.ledger };
  const clockToleranceMs = 2 * scenario.mostSkewMs + 1000;
  const { checks } = await examine(source, { outside, clockToleranceMs, atRest });
  await source.close();
  for (const { invariant, findings } of checks) {
    for (const { about, problem } of findings) {
      // The bank has charged late, and its webhook is pending.
      if (invariant === 'ledgersAgree' && webhooks.isPending(about)) continue;
      // Its chart throws: it stays there, even if the operator retries it.
      if (invariant === 'settledIsQuiet' && monitor.order(about)?.isQuarantined) continue;
      monitor.violate(`${invariant} ${about} ${problem}`);
    }
  }
};

/**
 * Each customer was told once of how the order ended and of each refund, and of nothing else but that the bank asks for the
 * customer, which was checked when it was sent.
 */
const checkNotices = (monitor: OrderMonitor, { notices }: World): void => {
  for (const [orderId, { state, isSettled, isQuarantined }] of monitor.orders()) {
    if (!isSettled || isQuarantined) continue;
    const sent = new Set([...notices(orderId)].filter((each) => each !== 'payment-action/1'));
    const due = monitor.noticesDue(orderId);
    if (due.size > 0 && sent.size === due.size && [...due].every((each) => sent.has(each))) continue;
    const [got, wanted] = [sent, due].map((all) => [...all].join(', ') || 'no notice');
    monitor.violate(`${orderId} is ${state}, and its customer got ${got} instead of ${wanted}`);
  }
};
