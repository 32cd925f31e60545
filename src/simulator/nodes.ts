// The nodes of a simulation over its one store, or each with a store of its own over the same tables: how their processes are spawned, what their hosts get, and how far their
// clocks disagree. It starts none of them.
import type { Application } from '../application.ts';
import { type Clock, createIds, type Ids } from '../clock.ts';
import type { Settings } from '../config.ts';
import type { Faults } from '../faults.ts';
import type { Host, SystemView } from '../host.ts';
import type { NodeLink } from '../node-link.ts';
import type { Services } from '../service.ts';
import type { Store } from '../store.ts';
import { connect, connectNode } from './connection.ts';
import type { CrashPlan } from './crashes.ts';
import type { FaultRates } from './fault-rates.ts';
import type { Monitor } from './monitor.ts';
import type { Network } from './network.ts';
import { type Closable, createNode, type Node } from './node.ts';
import { createLine } from './node-line.ts';
import { type Process, spawnProcess } from './process.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';

/** Starts the production host. */
export type StartHost = <View extends SystemView>(parts: {
  readonly application: Application<View>;
  readonly store: Store;
  readonly services: Services;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly faults: Faults;
  readonly shared: boolean;
}) => Promise<Host<View>>;

export interface NodesParts<View extends SystemView, H extends Closable> {
  readonly count: number;
  readonly store: Store;
  /** The store of a process where there are several nodes. Left out: they take turns at the one store. */
  readonly openNode?: (name: string, link: NodeLink) => Store;
  readonly settings: Settings;
  readonly rates: FaultRates;
  /** Most by which a node's clock is ahead or behind, ms. */
  readonly mostSkewMs: number;
  readonly plan: CrashPlan;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly monitor: Monitor;
  readonly random: SeededRandom;
  readonly startHost: StartHost;
  /** What a process that starts runs. */
  applicationFor(process: Process): Application<View>;
  servicesFor(process: Process): Services;
  /** How the application's people see its host. */
  toHost(host: Host<View>, ids: Ids): H;
  /** Runs before each start. */
  onStart(): Promise<void>;
  /** Nothing starts before this time (ms since 1970). */
  outageUntil(): number;
}

export const createNodes = <View extends SystemView, H extends Closable>(
  parts: NodesParts<View, H>,
): readonly Node<H>[] => {
  const { count, store, settings, rates, mostSkewMs, plan, timeline, network, monitor, random } = parts;
  let processes = 0;
  const line = { timeline, random, rates, monitor };
  const connectProcess = (process: Process): Store => {
    if (count === 1 || parts.openNode === undefined) return connect(store, process, line);
    const own = parts.openNode(`process-${process.number}`, createLine(process, line));
    return connectNode(own, process, line);
  };
  const startHost = async (process: Process): Promise<H> => {
    await parts.onStart();
    const { clock } = process;
    const ids = createIds(clock, random.bytes);
    const host = await parts.startHost({
      ...{ application: parts.applicationFor(process), settings, clock, ids },
      store: connectProcess(process),
      services: parts.servicesFor(process),
      faults: process,
      shared: count > 1,
    });
    return parts.toHost(host, ids);
  };
  return Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`;
    const skewMs = random.between(-mostSkewMs, mostSkewMs);
    return createNode({
      ...{ name, timeline, network, monitor, startHost },
      spawn: (onCrash) => {
        processes += 1;
        return spawnProcess({ node: name, number: processes, skewMs, timeline, plan, onCrash });
      },
      restartMs: () => Math.max(random.between(10, 4000), parts.outageUntil() - timeline.now()),
    });
  });
};
