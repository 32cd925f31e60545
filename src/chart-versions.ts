// Which chart versions an application brings, and which of those that stored orders are on it lacks. It reads no order.
import type { Application } from './application.ts';
import { AppError } from './errors.ts';

type OrdersByVersion = Readonly<Record<string, number>>;

/** The newest first. */
export const chartVersionsOf = ({
  chartVersion,
  otherVersions,
}: Pick<Application, 'chartVersion' | 'otherVersions'>): readonly string[] => [
  chartVersion,
  ...Object.keys(otherVersions ?? {}),
];

/** The stored orders that are on none of the versions `known`, counted by version. */
export const findMissingCharts = (stored: OrdersByVersion, known: readonly string[]): OrdersByVersion =>
  Object.fromEntries(Object.entries(stored).filter(([version]) => !known.includes(version)));

export const sumOrders = (orders: OrdersByVersion): number =>
  Object.values(orders).reduce((sum, count) => sum + count, 0);

/** @throws AppError `charts-missing` with the count per version, if stored orders are on a version that is not `known`. */
export const refuseMissingCharts = (stored: OrdersByVersion, known: readonly string[]): void => {
  const missing = findMissingCharts(stored, known);
  const orders = sumOrders(missing);
  if (orders === 0) return;
  const counts = Object.entries(missing).map(([version, count]) => `${count} on version ${version}`);
  const message =
    `${orders} stored ${orders === 1 ? 'order is' : 'orders are'} on chart versions that this release does not have: ` +
    `${counts.join(', ')} (it has ${known.join(', ')}). The store was not changed. Start a release that has them; or start ` +
    'with --leave-unreadable (LEAVE_UNREADABLE=1), which leaves these orders alone and lists them as incidents.';
  throw new AppError('charts-missing', message, { versions: missing, known });
};
