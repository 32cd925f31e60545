// What a start does about stored orders on chart versions that this host does not know: it refuses, unless somebody else takes
// care of them, or a person said that they are to be left alone. It changes nothing.
import { findMissingCharts, refuseMissingCharts, sumOrders } from '../chart-versions.ts';
import type { SystemView } from '../step/view.ts';
import type { OrdersByVersion } from '../store.ts';
import type { RunnerParts } from './runner-parts.ts';

type Parts = Pick<RunnerParts<SystemView>, 'store' | 'clock' | 'settings' | 'logger' | 'shared'>;

/** Versions that other nodes know now: while a release is rolled out, nodes of both take their own orders. */
const findVersionsElsewhere = async ({ store, clock, shared }: Parts): Promise<readonly string[]> => {
  if (shared !== true) return [];
  const nodes = await store.nodes(clock.now());
  return nodes.flatMap(({ state, isHere, chartVersions }) =>
    state === 'alive' && !isHere ? chartVersions : [],
  );
};

/**
 * The versions of stored orders.
 * @throws AppError `charts-missing` if one of them is not `known`, here or at another node, unless LEAVE_UNREADABLE is set.
 */
export const requireCharts = async (parts: Parts, known: readonly string[]): Promise<OrdersByVersion> => {
  const { store, settings, logger } = parts;
  const versions = await store.chartVersions();
  const missing = findMissingCharts(versions, known);
  if (sumOrders(missing) === 0) return versions;
  const elsewhere = await findVersionsElsewhere(parts);
  if (settings.LEAVE_UNREADABLE === '0') refuseMissingCharts(versions, [...known, ...elsewhere]);
  const facts = { orders: sumOrders(missing), versions: Object.keys(missing), known };
  if (sumOrders(findMissingCharts(missing, elsewhere)) === 0) {
    logger.warn(facts, 'orders are on chart versions that only other nodes know: they are left to those');
  } else {
    const text =
      'orders are on chart versions that are not known here: they are left alone, and listed as incidents';
    logger.error(facts, text);
  }
  return versions;
};
