// A shop that is upgraded while it sells: all nodes start with the earlier release; in the middle they are restarted with
// the next one, all but the last, which knows nothing of it; then orders are moved to the new charts, and some of them back.
import { AppError } from '../../errors.ts';
import type { MigrationOutcome } from '../../host.ts';
import { shop } from '../../shop/shop.ts';
import type { SimulationOrder } from '../../simulation.ts';
import type { OrderWrite } from '../../store.ts';
import type { Monitor } from '../monitor.ts';
import type { Process } from '../process.ts';
import type { SeededRandom } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { ShopNode } from './customers.ts';
import { earlierShop, flawedShop } from './flawed-shop.ts';

export interface Upgrade {
  /** What a process that starts now runs. */
  applicationFor(process: Process): typeof shop;
  /** A process has written an order: it may only write what it knows. */
  noteWrite(process: Process, write: OrderWrite, versionBefore: string | undefined): void;
}

const current: Upgrade = { applicationFor: () => flawedShop, noteWrite: () => {} };

interface UpgradeParts {
  readonly order: SimulationOrder;
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly monitor: Monitor;
  readonly nodes: readonly ShopNode[];
  /** ms after the start. */
  readonly upgradeAfterMs: number;
  /** Whether orders are still moved. */
  readonly isMigrating: () => boolean;
}

const wish = { to: shop.chartVersion, why: 'simulated', who: 'operator' };

/** What the nodes of a simulation run; by itself it upgrades them, if the simulation is asked for that. */
export const startUpgrade = (parts: UpgradeParts): Upgrade => {
  if (parts.order.upgrade !== true) return current;
  const { timeline, nodes, monitor, upgradeAfterMs } = parts;
  const stays = `node-${parts.order.nodes}`;
  const earlier = new Set<number>();
  let isUpgraded = false;
  timeline.after(upgradeAfterMs, () => {
    isUpgraded = true;
    monitor.trace('the nodes are upgraded');
    for (const node of nodes) if (node.name !== stays) node.stop();
    migrateNow(
      parts,
      nodes.filter(({ name }) => name !== stays),
    );
  });
  return {
    applicationFor: ({ node, number }) => {
      if (isUpgraded && node !== stays) return flawedShop;
      earlier.add(number);
      return earlierShop;
    },
    noteWrite: ({ node, number }, { orderId, summary }, versionBefore) => {
      const { chartVersion } = summary;
      if (!earlier.has(number)) {
        if (chartVersion === earlierShop.chartVersion && isUpgraded) monitor.saw('earlier-version-served');
        return;
      }
      const known = [undefined, earlierShop.chartVersion];
      if (known.includes(versionBefore) && known.includes(chartVersion)) return;
      monitor.violate(
        `${node} wrote ${orderId}, which is on version ${versionBefore}, and it does not know that`,
      );
    },
  };
};

/** Moves some orders, again and again, at whatever upgraded node is up. */
const migrateNow = (parts: UpgradeParts, upgraded: readonly ShopNode[]): void => {
  const { timeline, random, isMigrating } = parts;
  const round = (): void => {
    if (!isMigrating()) return;
    const up = upgraded.filter(({ isUp }) => isUp);
    if (up.length > 0) migrateSome(parts, random.pick(up)).catch((error) => report(parts.monitor, error));
    timeline.after(random.between(1000, 8000), round);
  };
  timeline.after(random.between(1000, 20_000), round);
};

const report = (monitor: Monitor, error: unknown): void => {
  if (!(error instanceof AppError)) monitor.violate(`a migration failed: ${String(error)}`);
};

const migrateSome = async ({ random, monitor }: UpgradeParts, node: ShopNode): Promise<void> => {
  const chartVersions = [earlierShop.chartVersion];
  const views = await node.ask((host) => host.list({ chartVersions, limit: 100 }));
  const chosen = views.filter(() => random.happens(0.3));
  for (const { id, version, calls } of chosen) {
    const outcome = await node.ask((host) => host.migrate({ orderId: id, ...wish }));
    note(monitor, id, outcome, calls.length > 0);
    if (outcome.kind !== 'moved' || !random.happens(0.2)) continue;
    const back = { orderId: id, ...wish, to: outcome.from, back: true };
    const returned = await node.ask((host) => host.migrate(back));
    if (returned.kind === 'moved') monitor.saw('migrated-back');
    else if (monitor.order(id)?.version === version + 1)
      monitor.violate(`${id} cannot go back: ${toText(returned)}`);
  }
};

const toText = (outcome: MigrationOutcome): string => ('text' in outcome ? outcome.text : outcome.kind);

const note = (monitor: Monitor, orderId: string, outcome: MigrationOutcome, isCalling: boolean): void => {
  if (outcome.kind === 'moved') monitor.saw(isCalling ? 'migrated-while-calling' : 'migrated');
  else if (outcome.kind !== 'already-there')
    monitor.violate(`${orderId} cannot be migrated: ${toText(outcome)}`);
};
