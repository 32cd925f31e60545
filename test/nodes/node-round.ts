// A round of several nodes over one PostgreSQL server: faults as planned while clients place orders at whichever node answers.
// Then they run undisturbed until every order is settled, stop in order, and what is left is audited. The tests and
// `npm run nodes` share it.
import { systemClock } from '../../src/clock.ts';
import { openPostgresStore } from '../../src/main.ts';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import { shop } from '../../src/shop/shop.ts';
import { type AuditReport, audit } from '../process/audit.ts';
import type { Violation } from '../process/check-history.ts';
import { createClients, products } from '../process/clients.ts';
import { openEnvironment } from '../process/environment.ts';
import { openHistory } from '../process/history.ts';
import { faultRates, settle } from '../process/kill-round.ts';
import { createLoad } from '../process/load.ts';
import { startPostgres } from '../support/postgres/start-postgres.ts';
import { createCluster } from './cluster.ts';
import { openCuttingProxy } from './cutting-proxy.ts';
import { act, type Fault, type FaultKind } from './faults.ts';

export interface NodeRound {
  readonly folder: string;
  readonly seed: string;
  readonly nodes: number;
  readonly faults: readonly Fault[];
  /** More orders with each fault; a fault that takes long lets several portions in. */
  readonly ordersPerFault: number;
  /** Called after each fault. */
  onFault?(fault: Fault): void;
}

export interface NodeRoundReport extends AuditReport {
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Answers to batches that were lost on their way. */
  readonly lostAnswers: number;
}

const manyProducts = [
  ...products,
  // Of this one everybody wants something.
  { productId: 'product-hot', name: 'Gizmo', unitPrice: 2500, currency: 'USD', onHand: 100_000 },
];

/** Runs a round. Violations are in the report; the folder stays. */
export const runNodeRound = async (round: NodeRound): Promise<NodeRoundReport> => {
  const { folder, seed, nodes, faults, ordersPerFault, onFault } = round;
  await using server = await startPostgres();
  await using proxy = await openCuttingProxy(server.url);
  const environment = await openEnvironment(folder, faultRates(seed));
  const history = await openHistory(environment.paths.history, systemClock.now);
  const violations: Violation[] = [];
  const counts: Partial<Record<FaultKind, number>> = {};
  try {
    const store = await openPostgresStore(server.url, shop);
    await createCatalogue(store).seedProducts(manyProducts, systemClock.now());
    await store.close();
    const cluster = createCluster(environment, { folder, databaseUrl: proxy.url });
    const clients = createClients({
      untilListening: cluster.untilListening,
      history,
      seed,
      capture: 'at-once',
    });
    const load = createLoad(seed, clients.run);
    for (let place = 0; place < nodes; place += 1) await cluster.start(place);
    const surroundings = { cluster, server, proxy, places: nodes, addLoad: () => load.add(ordersPerFault) };
    for (const fault of faults) {
      await act(fault, surroundings);
      counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
      onFault?.(fault);
    }
    const url = await cluster.untilListening();
    violations.push(...(await settle(environment, url, load, clients.place)));
    for (const problem of await cluster.stop()) {
      violations.push({ invariant: 'stopsInOrder', about: 'SIGTERM', problem });
    }
    await history.close();
    const report = await audit(environment, { store: server.url });
    const found = [...violations, ...report.violations];
    return { ...report, faults: counts, lostAnswers: proxy.cuts(), violations: found };
  } finally {
    await environment.close();
  }
};
