// Which orders the flow shows: by owner, by what they hold, by chart version and by time.
import { z } from 'zod';
import type { Holding } from '../../display.ts';
import { limits } from '../../limits.ts';

const word = z.string().min(1).max(limits.parameterBytes).optional();
/** As it stands in an address. Times in ms since 1970: created from (inclusive) and before (exclusive). */
export const flowFilter = z.strictObject({
  owner: word,
  holding: word,
  chartVersion: word,
  createdFrom: z.coerce.number().optional(),
  createdBefore: z.coerce.number().optional(),
});
export type FlowFilter = z.infer<typeof flowFilter>;

/** What is known of an order that is in flight. */
export interface Filtered {
  readonly owner: string;
  readonly holdings: readonly Holding[];
  readonly chartVersion: string;
  readonly createdAt: number;
}

export const matches = (filter: FlowFilter, order: Filtered): boolean =>
  (filter.owner === undefined || filter.owner === order.owner) &&
  (filter.holding === undefined || order.holdings.some(({ id }) => id === filter.holding)) &&
  (filter.chartVersion === undefined || filter.chartVersion === order.chartVersion) &&
  (filter.createdFrom === undefined || order.createdAt >= filter.createdFrom) &&
  (filter.createdBefore === undefined || order.createdAt < filter.createdBefore);
