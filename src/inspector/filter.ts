// Which orders of the flow somebody wants to see: by time, customer, product and chart version.
import { z } from 'zod';
import { limits } from '../config.ts';

const word = z.string().min(1).max(limits.parameterBytes).optional();
/** As it stands in an address. Times in ms since 1970: placed from (inclusive) and before (exclusive). */
export const flowFilter = z.strictObject({
  customerId: word,
  productId: word,
  chartVersion: word,
  placedFrom: z.coerce.number().optional(),
  placedBefore: z.coerce.number().optional(),
});
export type FlowFilter = z.infer<typeof flowFilter>;

/** What is known of an order that is under way. */
export interface Filtered {
  readonly customerId: string;
  readonly shares: readonly { readonly productId: string }[];
  readonly chartVersion: string;
  readonly createdAt: number;
}

export const matches = (filter: FlowFilter, order: Filtered): boolean =>
  (filter.customerId === undefined || filter.customerId === order.customerId) &&
  (filter.productId === undefined || order.shares.some(({ productId }) => productId === filter.productId)) &&
  (filter.chartVersion === undefined || filter.chartVersion === order.chartVersion) &&
  (filter.placedFrom === undefined || order.createdAt >= filter.placedFrom) &&
  (filter.placedBefore === undefined || order.createdAt < filter.placedBefore);
